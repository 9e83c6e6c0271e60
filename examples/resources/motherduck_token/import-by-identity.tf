# The secret cannot be read again: `token` stays null.
import {
  to = motherduck_token.loader
  identity = {
    username = "nightly_loader"
    id       = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
  }
}
