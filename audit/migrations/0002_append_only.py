"""Refuse UPDATE, DELETE and TRUNCATE on what has happened (DESIGN: audit is append-only)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_caseevent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_caseevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_accesslog_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_accesslog
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""
BACKWARD = """
DROP TRIGGER audit_caseevent_append_only ON audit_caseevent;
DROP TRIGGER audit_accesslog_append_only ON audit_accesslog;
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
