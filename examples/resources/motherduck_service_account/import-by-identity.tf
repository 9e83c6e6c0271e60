import {
  to = motherduck_service_account.loader
  identity = {
    username = "nightly_loader"
  }
}
