//! Which address each service has, from the one that is configured (facts/ims-es.md §1.2).
//!
//! Not here: what is sent there.
//!
//! Invariant: all services have addresses on one host, for the password goes to each.

use ims_es::operation::Service;
use reqwest::Url;

use super::settings::{ItslearningSettings, SettingError};
use crate::http;

/// The file name of the service that answers everything.
const COMBINED: &str = "ImsEnterpriseServicesPort.svc";

/// The addresses of the services.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    configured: Url,
    /// Whether the configured address is that of one service, beside which the others stand.
    has_siblings: bool,
}

impl Addresses {
    /// Reads the configured address: the combined service, one of the services, or the folder they are in.
    pub(super) fn new(settings: &ItslearningSettings) -> Result<Addresses, SettingError> {
        let wrong = |problem: String| SettingError::new("url", problem);
        let text = settings.url.trim();
        let mut configured =
            Url::parse(text).map_err(|error| wrong(format!("{text:?} is no address: {error}")))?;
        http::may_carry(&configured, settings.allow_http, "password", "itslearning").map_err(wrong)?;
        if !configured.username().is_empty() || configured.password().is_some() {
            return Err(wrong("it holds a user name; use the keys `username` and `password`".to_owned()));
        }
        // People copy the address of the description.
        configured.set_query(None);
        configured.set_fragment(None);
        if !configured.path().ends_with(".svc") {
            let folder = configured.path().trim_end_matches('/').to_owned();
            configured.set_path(&format!("{folder}/{COMBINED}"));
        }
        let has_siblings = Service::ALL.iter().any(|service| configured.path().ends_with(&file_of(*service)));
        Ok(Addresses { configured, has_siblings })
    }

    /// The address of a service.
    pub(super) fn of(&self, service: Service) -> Url {
        let mut url = self.configured.clone();
        if self.has_siblings {
            let folder = url.path().rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            url.set_path(&format!("{folder}{}", file_of(service)));
        }
        url
    }
}

fn file_of(service: Service) -> String {
    format!("/{}.svc", service.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn addresses(url: &str) -> Result<Addresses, SettingError> {
        Addresses::new(&ItslearningSettings::new(url, "muster", Secret::new("password-for-tests")))
    }

    #[test]
    fn the_address_may_be_the_combined_one_the_folder_or_one_of_the_services() {
        let check = |url: &str, persons: &str| {
            assert_eq!(addresses(url).unwrap().of(Service::Person).path(), persons, "{url}");
        };
        let combined = "/WCFServiceLibrary/ImsEnterpriseServicesPort.svc";
        check("https://enterprise.example.com/WCFServiceLibrary/ImsEnterpriseServicesPort.svc", combined);
        check(
            "https://enterprise.example.com/WCFServiceLibrary/ImsEnterpriseServicesPort.svc?wsdl",
            combined,
        );
        check("https://enterprise.example.com/WCFServiceLibrary/", combined);
        check("https://enterprise.example.com", "/ImsEnterpriseServicesPort.svc");
        check(
            "https://enterprise.example.com/WCFServiceLibrary/GroupManagementServiceSync.svc",
            "/WCFServiceLibrary/PersonManagementServiceSync.svc",
        );
        check("https://enterprise.example.com/own/name.svc", "/own/name.svc");
    }

    #[test]
    fn an_address_to_which_no_password_may_go_is_refused() {
        let check = |url: &str, is_fine| assert_eq!(addresses(url).is_ok(), is_fine, "{url}");
        check("http://127.0.0.1:8080", true);
        check("http://enterprise.example.com", false);
        check("https://user:word@enterprise.example.com", false);
        check("enterprise.example.com", false);
        check("ftp://enterprise.example.com", false);
    }
}
