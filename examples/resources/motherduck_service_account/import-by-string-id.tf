import {
  to = motherduck_service_account.loader
  id = "nightly_loader"
}
