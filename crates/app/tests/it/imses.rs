//! Student systems that push to the real program: addresses, HTTP, TLS, hostile senders, `kill -9`, and the commands beside.
//!
//! Not here: what a call does (unit tests of `src/imses`), and other SOAP stacks (`tests/soap`).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ims_es::envelope::{CallHeader, write_call};
use ims_es::status_info::Ending;

use crate::student_system::{COMBINED, Desk, PASSWORD, XML, answer, create, endings, message, read};

#[test]
fn s13_every_address_describes_itself_and_answers() {
    let desk = Desk::local();
    let service = desk.serve();
    let call = read(&["root".to_owned()]);
    for folder in ["", "/WCFServiceLibrary"] {
        for (file, operation) in [
            ("GroupManagementServiceSync.svc", "readGroupsForPerson"),
            ("MembershipManagementServiceSync.svc", "readMembershipsForGroup"),
            ("PersonManagementServiceSync.svc", "readPersons"),
            ("ExtendedPersonManagementServiceSync.svc", "readAllPersons"),
            ("ImsEnterpriseServicesPort.svc", "changeGroupsIdentifier"),
        ] {
            let path = format!("{folder}/{file}");
            let single = service.get(&format!("{path}?singleWsdl"));
            assert!(single.status == 200 && single.text().contains(operation), "{path}: {}", single.text());
            assert!(
                single.text().contains(&format!("location=\"http://{}{path}\"", service.address)),
                "{path}"
            );
            assert_eq!(service.get(&format!("{path}?wsdl")).status, 200, "{path}");
            assert!(service.get(&path).text().contains("?wsdl"), "{path}");
        }
        let group =
            service.post(&format!("{folder}/GroupManagementServiceSync.svc"), XML, &message(&call, PASSWORD));
        assert_eq!(endings(&group, &call), [Ending::Done]);
        assert!(
            group.head.to_ascii_lowercase().contains("content-type: text/xml; charset=utf-8"),
            "{}",
            group.head
        );
    }
    let elsewhere = service.post("/PersonManagementServiceSync.svc", XML, &message(&call, PASSWORD));
    assert!(
        elsewhere.status == 500 && elsewhere.text().contains("a:ActionNotSupported"),
        "{}",
        elsewhere.text()
    );
    assert_eq!(service.post(COMBINED, "application/soap+xml", &message(&call, PASSWORD)).status, 415);
    assert_eq!(service.post(COMBINED, XML, b"<no").status, 400);
    assert_eq!(
        service.exchange(format!("PUT {COMBINED} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).status,
        405
    );
    assert_eq!(service.get("/OtherService.svc?wsdl").status, 404);
}

#[test]
fn a_connection_carries_one_call_after_the_other() {
    let desk = Desk::local();
    let service = desk.serve();
    let mut stream = service.connect();
    for round in 0..3 {
        let call = create(&[format!("g{round}")]);
        let body = message(&call, PASSWORD);
        // In pieces, as .NET and some others send.
        let head = format!(
            "POST {COMBINED} HTTP/1.1\r\nHost: x\r\nContent-Type: {XML}\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        for piece in body.chunks(700) {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).unwrap();
            stream.write_all(piece).unwrap();
            stream.write_all(b"\r\n").unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
        assert_eq!(endings(&answer(&mut stream).unwrap(), &call), [Ending::Done], "{round}");
    }
}

#[test]
fn passwords_are_not_taken_over_plain_http_from_elsewhere_unless_that_is_allowed() {
    let call = read(&["root".to_owned()]);
    let status = |serve: &str| {
        let desk = Desk::with(serve);
        let mut service = desk.serve();
        service.address = service.address.replace("0.0.0.0", "127.0.0.1");
        assert_eq!(service.get("/healthz").status, 200);
        service.post(COMBINED, XML, &message(&call, PASSWORD)).status
    };
    assert_eq!(status("listen = \"0.0.0.0:0\""), 403);
    assert_eq!(status("listen = \"0.0.0.0:0\"\nallow_http = true"), 200);
}

#[test]
fn y8_over_tls_the_description_states_its_policy_and_a_new_certificate_is_used() {
    let desk = Desk::with("listen = \"127.0.0.1:0\"\ntls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"");
    desk.muster(&["serve"]).ends_with(3).says("cannot read").says("cert.pem");
    let renew = |folder: &Path| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        made.cert.pem()
    };
    let certificate = renew(desk.folder.path());
    let service = desk.serve();
    let _already = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let port = service.address.rsplit(':').next().unwrap();
    let fetch = |certificate: &str, path: &str| {
        let trusted = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
        let url = format!("https://localhost:{port}{path}");
        runtime.block_on(async { client.get(url).send().await.ok()?.text().await.ok() })
    };
    let single = fetch(&certificate, &format!("{COMBINED}?singleWsdl")).unwrap();
    assert!(
        single.contains("UsernameToken") && single.contains(&format!("https://localhost:{port}{COMBINED}"))
    );
    let second = renew(desk.folder.path());
    let begun = Instant::now();
    // Files are looked at every few seconds.
    while fetch(&second, "/healthz").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the new certificate is never used");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(fetch(&certificate, "/healthz").is_none(), "the old one is not trusted for the new");
}

#[test]
fn y9_a_hostile_message_costs_little_whoever_sends_it() {
    let desk = Desk::local();
    let service = desk.serve();
    let before = service.memory_mib();
    // An announced length is believed at once.
    let head = format!(
        "POST {COMBINED} HTTP/1.1\r\nHost: x\r\nContent-Type: {XML}\r\nContent-Length: 104857600\r\n\r\n"
    );
    assert_eq!(service.exchange(head.as_bytes()).status, 413);
    // 100 MB in pieces: without a password, with a wrong one, with a right one.
    let call = create(&["g".to_owned()]);
    let text = |password: &str| String::from_utf8(message(&call, password)).unwrap();
    let nobody =
        "<e xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Header>".replace("<e ", "<Envelope ");
    for (beginning, expected) in
        [(nobody, [400, 400]), (text("wrong"), [500, 500]), (text(PASSWORD), [413, 400])]
    {
        let beginning = beginning
            .split_once("<gm:groupIdPairSet>")
            .map_or(beginning.clone(), |(head, _)| format!("{head}<gm:groupIdPairSet>"));
        let mut stream = service.connect();
        let head = format!(
            "POST {COMBINED} HTTP/1.1\r\nHost: x\r\nContent-Type: {XML}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        let piece = "<gm:groupIdPair/>".repeat(4_000);
        let _ended = stream.write_all(format!("{head}{:x}\r\n{beginning}\r\n", beginning.len()).as_bytes());
        for _ in 0..1_500 {
            if write!(stream, "{:x}\r\n{piece}\r\n", piece.len()).is_err() {
                break;
            }
        }
        // Where we still write, the answer may be lost with the connection.
        if let Some(answer) = answer(&mut stream) {
            assert!(expected.contains(&answer.status), "{}: {}", answer.status, answer.text());
        }
    }
    let used = service.memory_mib() - before;
    assert!(used < 96, "{used} MiB");
    assert_eq!(endings(&service.post(COMBINED, XML, &message(&call, PASSWORD)), &call), [Ending::Done]);
    // What changed nothing is written down some at a time.
    let begun = Instant::now();
    while desk.muster(&["ims", "log", "--failed", "--format", "json"]).json().as_array().unwrap().len() < 4 {
        assert!(begun.elapsed() < Duration::from_secs(20), "messages are missing in the log");
        std::thread::sleep(Duration::from_millis(50));
    }
    desk.muster(&["ims", "log", "--failed"]).ends_with(0).says("HTTP 413").says("FailedAuthentication");
}

#[test]
fn y9_a_thousand_slow_connections_neither_stop_nor_fill_the_service() {
    let desk = Desk::local();
    let service = desk.serve();
    let before = service.memory_mib();
    let call = read(&["root".to_owned()]);
    let whole = message(&call, PASSWORD);
    // As many as the files of this process are enough for; each has sent half of its message.
    let slow: Vec<TcpStream> = (0..1_000)
        .map_while(|_| {
            let mut stream = TcpStream::connect(&service.address).ok()?;
            let head = format!(
                "POST {COMBINED} HTTP/1.1\r\nHost: x\r\nContent-Type: {XML}\r\nContent-Length: {}\r\n\r\n",
                whole.len()
            );
            stream.write_all(head.as_bytes()).ok()?;
            stream.write_all(&whole[..whole.len() / 2]).ok()?;
            Some(stream)
        })
        .collect();
    assert!(slow.len() >= 500, "{}", slow.len());
    for _ in 0..20 {
        assert_eq!(endings(&service.post(COMBINED, XML, &whole), &call), [Ending::Done]);
    }
    let used = service.memory_mib() - before;
    assert!(used < 96, "{used} MiB for {} connections", slow.len());
}

#[test]
fn f10_a_killed_service_loses_no_answered_call_and_keeps_whole_calls_only() {
    let desk = Desk::local();
    for round in 0..3 {
        let service = desk.serve();
        let (sent, answered) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let is_over = AtomicBool::new(false);
        let service = Arc::new(Mutex::new(Some(service)));
        let address = service.lock().unwrap().as_ref().unwrap().address.clone();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (sent, answered, is_over, address) = (&sent, &answered, &is_over, &address);
                scope.spawn(move || {
                    let Ok(mut stream) = TcpStream::connect(address) else { return };
                    for number in 0.. {
                        let keys: Vec<String> =
                            (0..3).map(|item| format!("r{round}-t{thread}-n{number}-i{item}")).collect();
                        let body = message(&create(&keys), PASSWORD);
                        sent.lock().unwrap().push(keys.clone());
                        let head = format!("POST {COMBINED} HTTP/1.1\r\nHost: x\r\nContent-Type: {XML}\r\nContent-Length: {}\r\n\r\n", body.len());
                        if stream.write_all(&[head.as_bytes(), &body].concat()).is_err() {
                            return;
                        }
                        match answer(&mut stream) {
                            Some(answer) if answer.status == 200 => answered.lock().unwrap().push(keys),
                            Some(answer) => panic!("{}", answer.text()),
                            None => return,
                        }
                        if is_over.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                });
            }
            let begun = Instant::now();
            while answered.lock().unwrap().len() < 20 + 15 * round
                && begun.elapsed() < Duration::from_secs(30)
            {
                std::thread::sleep(Duration::from_millis(2));
            }
            // SIGKILL.
            drop(service.lock().unwrap().take());
            is_over.store(true, Ordering::Relaxed);
        });
        let service = desk.serve();
        let (sent, answered) = (sent.into_inner().unwrap(), answered.into_inner().unwrap());
        assert!(answered.len() >= 20 && sent.len() > answered.len(), "{} of {}", answered.len(), sent.len());
        for keys in &sent {
            let call = read(keys);
            let found = endings(&service.post(COMBINED, XML, &message(&call, PASSWORD)), &call);
            let there = found.iter().filter(|ending| **ending == Ending::Done).count();
            assert!(there == 3 || there == 0, "half a call is there: {keys:?} {found:?}");
            assert!(there == 3 || !answered.contains(keys), "an answered call is lost: {keys:?}");
        }
    }
}

#[test]
fn accounts_and_the_log_are_looked_at_by_commands() {
    let desk = Desk::local();
    desk.muster(&["account", "add", "sis", "--site", "campus"]).ends_with(2).says("there already");
    let made = desk
        .muster(&["account", "add", "second", "--site", "campus", "--format", "json"])
        .ends_with(0)
        .json();
    assert!(made["password"].as_str().unwrap().len() >= 32);
    desk.muster(&["account", "rotate", "sis", "--finish"]).ends_with(2).says("only one");
    desk.muster(&["account", "rotate", "sis"])
        .ends_with(0)
        .says("Password, shown this once: ")
        .says("--finish");
    desk.muster(&["account", "rotate", "sis"]).ends_with(2).says("third password");
    desk.muster(&["account", "limit", "sis", "--at-once", "3"]).ends_with(0).says("3 under way");
    desk.muster(&["account", "remove", "second"]).ends_with(0).says("Nothing was done");
    desk.muster(&["account", "remove", "second", "--yes"]).ends_with(0);
    desk.muster(&["account", "list"]).ends_with(0).says("sis").does_not_say("second");
    desk.muster(&["account", "sites"]).ends_with(0).says("campus").says("root");

    let service = desk.serve();
    let call = create(&["school".to_owned(), "".to_owned()]);
    let mut bytes = Vec::new();
    write_call(&mut bytes, &CallHeader::new("msg-42", "sis", PASSWORD), &call).unwrap();
    assert_eq!(endings(&service.post(COMBINED, XML, &bytes), &call).len(), 2);
    let log = desk.muster(&["ims", "log", "--failed", "--format", "json"]).ends_with(0).json();
    let number = log[0]["message"].to_string();
    assert_eq!(
        (log[0]["message_identifier"].as_str(), log[0]["failures"].as_u64()),
        (Some("msg-42"), Some(1))
    );
    desk.muster(&["ims", "show", &number, "--body"])
        .ends_with(0)
        .says("item 2      failure incompletedata")
        .says("Send the identifier.")
        .says("createGroupsRequest")
        .does_not_say(PASSWORD);
    desk.muster(&["ims", "show", "999"]).ends_with(2).says("no message 999");
    desk.muster(&["ims", "counts"]).ends_with(0).says("sis");
    desk.muster(&["ims", "tree", "campus"]).ends_with(0).says("  school unspecified school");
    desk.muster(&["ims", "courses", "campus"]).ends_with(0).says("has its group");
    desk.muster(&["ims", "tree", "nowhere"]).ends_with(2).says("no site nowhere");

    std::fs::write(desk.folder.path().join("message.xml"), &bytes).unwrap();
    desk.muster(&["ims", "lint", "message.xml"])
        .ends_with(7)
        .says("item 2: error incompletedata")
        .says("next: Send the identifier.");
    std::fs::write(desk.folder.path().join("message.xml"), "<no").unwrap();
    desk.muster(&["ims", "lint", "message.xml"]).ends_with(7).says("not a request");
}
