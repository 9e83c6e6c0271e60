# The id is the username, a slash, and the token's id. The secret cannot be read again: `token` stays null.
import {
  to = motherduck_token.loader
  id = "nightly_loader/3fa85f64-5717-4562-b3fc-2c963f66afa6"
}
