"""One more file on a person's record."""

from typing import Any

from django import forms

from referrals.domain.files import MOST_BYTES


class AttachForm(forms.Form):
    """A file and what it is. Nothing but its bytes says which kind it is."""

    file = forms.FileField(
        label="File",
        help_text=f"PDF, JPEG, PNG, plain text or Word, at most {MOST_BYTES // 1024**2} MB",
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.txt,.docx"}),
    )
    about = forms.CharField(label="What is it?", max_length=200, help_text="Such as “ReSPECT form, signed 3 May”")

    def values(self) -> dict[str, Any]:
        """Return what the command takes; no more than one byte over the most is read."""
        given = self.cleaned_data["file"]
        return {"name": given.name, "about": self.cleaned_data["about"], "content": given.read(MOST_BYTES + 1)}


class SheetForm(forms.Form):
    """A list of people as a CSV file; nothing to fill in once it was sent."""

    file = forms.FileField(label="CSV file", widget=forms.FileInput(attrs={"accept": ".csv,.txt"}))

    def __init__(self, data: Any = None, files: Any = None, *, takes_over: bool = False) -> None:
        super().__init__(data, files)
        if takes_over:
            del self.fields["file"]

    def content(self) -> bytes:
        """Return what was sent; no more than one byte over the most is read."""
        return bytes(self.cleaned_data["file"].read(MOST_BYTES + 1))
