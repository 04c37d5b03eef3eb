//! Prints one document of the description: `describe ADDRESS QUERY`, such as `describe http://127.0.0.1:8080/GroupManagementServiceSync.svc wsdl`.
//!
//! For trying the description with a SOAP stack before there is a server (`docs/protocol-notes.md`). Not part of Muster.

use std::process::ExitCode;

use ims_es::wsdl::{Document, Endpoint, SecurityPolicy, document};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, query] = arguments.as_slice() else {
        eprintln!("usage: describe ADDRESS QUERY");
        return ExitCode::from(2);
    };
    let file = address.rsplit('/').next();
    let endpoint = Endpoint::ALL.into_iter().find(|endpoint| file == Some(endpoint.file_name()));
    let policy = if address.starts_with("https:") { SecurityPolicy::Stated } else { SecurityPolicy::LeftOut };
    let text = endpoint
        .zip(Document::from_query(query))
        .and_then(|(endpoint, which)| document(endpoint, address, which, policy));
    match text {
        Some(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("cannot find the document {query} of {address}");
            ExitCode::FAILURE
        }
    }
}
