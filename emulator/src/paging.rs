//! Page tokens of `GET /v1/users`, opaque to clients: the offset of the next page, and the filters of the
//! request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::state::UserFilter;

/// Returns the token of the page that starts at `offset`.
pub(crate) fn page_token(offset: usize, filter: UserFilter) -> String {
    URL_SAFE_NO_PAD.encode(plain(offset, filter))
}

/// Returns the offset of the page, or `None` for a token that was not created here or has other filters.
pub(crate) fn page_offset(token: &str, filter: UserFilter) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let offset = text.split(':').nth(1)?.parse().ok()?;
    (text == plain(offset, filter)).then_some(offset)
}

fn plain(offset: usize, filter: UserFilter) -> String {
    let [service_account, deprovisioned] =
        [filter.is_service_account, filter.is_deprovisioned].map(|wanted| match wanted {
            None => "any",
            Some(true) => "true",
            Some(false) => "false",
        });
    format!("users:{offset}:{service_account}:{deprovisioned}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_offset_requires_the_same_filter() {
        let all = UserFilter::default();
        let humans = UserFilter {
            is_service_account: Some(false),
            ..all
        };
        let token = page_token(7, humans);
        assert_eq!(page_offset(&token, humans), Some(7));
        assert_eq!(page_offset(&token, all), None);
    }

    #[test]
    fn page_offset_of_an_invalid_token_is_none() {
        for token in [
            "",
            "7",
            "not base64!",
            &URL_SAFE_NO_PAD.encode("users:+7:any:any"),
            &URL_SAFE_NO_PAD.encode([0xff]),
        ] {
            assert_eq!(page_offset(token, UserFilter::default()), None, "{token}");
        }
    }
}
