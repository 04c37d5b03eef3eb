//! The steps of the old page's set-up (features D1–D16), their names, and where in Moodle each one is done.
//!
//! Not here: how a step is proven.
//!
//! The pages are named as Moodle 4.x and 5.x name them; docs/moodle-setup.md has what is different in 3.11.

/// Declares the steps: variant, the old page's name for it, its title, and the page where it is done.
macro_rules! steps {
    ($($(#[$meta:meta])* $variant:ident $code:literal $title:literal $page:literal;)+) => {
        /// A step of the set-up.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Step { $($(#[$meta])* $variant),+ }

        impl Step {
            /// Every step, in the order in which they are tried.
            pub const ALL: &'static [Step] = &[$(Step::$variant),+];

            /// Its number in features.md, for example `D13`.
            pub fn code(self) -> &'static str {
                match self { $(Step::$variant => $code),+ }
            }

            /// What it is, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Step::$variant => $title),+ }
            }

            /// Where it is done.
            pub fn page(self) -> &'static str {
                match self { $(Step::$variant => $page),+ }
            }
        }
    };
}

steps! {
    /// The site answers under the configured address, with a certificate that is trusted.
    Address "D16" "address, certificate" "config.php of the site ($CFG->wwwroot)";
    /// Web services are switched on.
    WebServices "D1" "web services on" "Site administration > General > Advanced features, \"Enable web services\"";
    /// The REST protocol is switched on.
    Rest "D2" "REST protocol on" "Site administration > Server > Web services > Manage protocols";
    /// The plug-in for names and passwords, which a token does without.
    LoginPlugin "D3" "login plug-in" "Site administration > Plugins > Authentication > Manage authentication";
    /// The account of the web service user.
    Account "D4" "web service user" "Site administration > Users > Accounts > Browse list of users";
    /// The role of the web service user and its capabilities.
    Role "D5" "role" "Site administration > Users > Permissions > Define roles";
    /// Where the role is assigned.
    Assignment "D6" "role assigned" "Site administration > Users > Permissions > Assign system roles (or a category, More > Permissions, Assign roles)";
    /// The external service.
    Service "D7" "service" "Site administration > Server > Web services > External services > Edit";
    /// The functions of the service.
    Functions "D8" "functions" "Site administration > Server > Web services > External services > Functions";
    /// The users that the service lets in.
    AuthorisedUsers "D9" "authorised users" "Site administration > Server > Web services > External services > Authorised users";
    /// The token.
    Token "D10" "token" "Site administration > Server > Web services > Manage tokens";
    /// Whom the token acts as.
    TokenUser "D11" "acts as" "Site administration > Server > Web services > Manage tokens";
    /// The site policy is agreed to, no password has to be changed, the profile is complete.
    Policy "D12" "policy agreed" "Site administration > Users > Privacy and policies > User agreements";
    /// The field that names people can be seen.
    Identity "D13" "identity fields" "Site administration > Users > Permissions > User policies, \"Show user identity\" (showuseridentity)";
    /// The test client with a token: one group.
    OneGroup "D14" "one group" "Site administration > Development > Web service test client";
    /// The test client with name and password.
    PasswordLogin "D15" "name and password" "Site administration > Development > Web service test client";
    /// The release of Moodle.
    Release "release" "release" "Site administration > Notifications";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_old_page_is_there_once() {
        let mut numbers: Vec<u32> =
            Step::ALL.iter().filter_map(|step| step.code().strip_prefix('D')?.parse().ok()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=16).collect::<Vec<u32>>());
    }
}
