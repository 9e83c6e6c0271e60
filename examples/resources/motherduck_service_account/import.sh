# The id is the username.
terraform import motherduck_service_account.loader nightly_loader
