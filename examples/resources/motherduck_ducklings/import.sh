# The id is the username.
terraform import motherduck_ducklings.loader nightly_loader
