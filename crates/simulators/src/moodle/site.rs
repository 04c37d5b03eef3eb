//! The state of the site as a whole: what is switched off, under repair, or unreachable.
//!
//! Not here: what an administrator configured once (`settings.rs`), and what a token may do (`token.rs`).

use serde::{Deserialize, Serialize};

/// Switches that change what every call is answered (facts/moodle-ws.md §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Web services are enabled; otherwise 403 with an empty body.
    pub web_services: bool,
    /// The REST protocol is enabled; otherwise 403 with an empty body.
    pub rest_protocol: bool,
    /// Maintenance switched on in the site settings: 200 `sitemaintenance`.
    pub maintenance: bool,
    /// Maintenance by the `climaintenance` file: 503 with HTML.
    pub cli_maintenance: bool,
    /// An upgrade is running: 200 `upgraderunning`.
    pub upgrade_running: bool,
    /// The database cannot be reached: 200 `dbconnectionfailed`.
    pub database_down: bool,
    /// There is a site policy, which every account has to agree to.
    pub policy: bool,
}

impl Default for Site {
    fn default() -> Site {
        Site {
            web_services: true,
            rest_protocol: true,
            maintenance: false,
            cli_maintenance: false,
            upgrade_running: false,
            database_down: false,
            policy: false,
        }
    }
}
