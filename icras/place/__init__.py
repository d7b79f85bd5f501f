"""Place bundles: a folder of TOML files that configures one deployment. Read, checked whole, then loaded."""
