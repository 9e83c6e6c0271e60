import {
  to = motherduck_ducklings.loader
  id = "nightly_loader"
}
