import {
  to = motherduck_ducklings.loader
  identity = {
    username = "nightly_loader"
  }
}
