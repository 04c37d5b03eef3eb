//! What owners are told in German.
//!
//! Not here: any decision.

use super::topic::Topic;
use super::words::{TopicWords, Words};

pub(super) const GERMAN: Words = Words {
    subject: |things| format!("{} zu den Gruppen Ihrer Kurse", counted(things, "Neuigkeit", "Neuigkeiten")),
    opening: |things, courses, site| {
        let course = if courses == 1 { "Ihres Kurses" } else { "Ihrer Kurse" };
        let news = counted(things, "Neuigkeit", "Neuigkeiten");
        format!("Es gibt {news} zu den Gruppen {course} auf {site}.")
    },
    what_it_is: "Diese Gruppen kommen aus dem Stundenplan und werden ihm laufend angeglichen. Wo Sie etwas tun möchten, steht hier, was.",
    course: |number| format!("Kurs {number}"),
    open_course: "Kurs öffnen",
    new: "Neu",
    known: "Schon bekannt",
    advice: "Was Sie tun können",
    topic: |topic| {
        let (title, advice) = topic_words(topic);
        TopicWords { title, advice }
    },
    more: |count| format!("… und {count} weitere"),
    people: |count| counted(count, "Person", "Personen"),
    in_timetable: |name| format!("im Stundenplan {name}"),
    about: "Zu dieser E-Mail",
    why_you: |days| {
        let often = match days {
            0 => "nach jeder Nacht, die etwas Neues gebracht hat".to_owned(),
            1 => "höchstens einmal am Tag und nur, wenn es etwas Neues gibt".to_owned(),
            days => format!(
                "höchstens einmal in {days} Tagen, außer wenn Sie gebraucht werden, und nur, wenn es etwas Neues gibt"
            ),
        };
        format!(
            "Muster, das diese Gruppen angleicht, schickt sie, weil Sie für diese Kurse zuständig sind: {often}."
        )
    },
    no_more: "Keine solchen E-Mails mehr bekommen",
    answer_for_no_more: |address| {
        format!(
            "Wenn Sie keine solchen E-Mails mehr bekommen möchten, antworten Sie auf diese; die Antwort geht an {address}."
        )
    },
    page_title: "E-Mails zu Ihren Kursen",
    page_on: |address| {
        format!("{address} bekommt E-Mails zu den Gruppen der Kurse, für die diese Person zuständig ist.")
    },
    page_end: "Keine solchen E-Mails mehr senden",
    page_off: |address| format!("{address} bekommt keine E-Mails zu den Gruppen von Kursen mehr."),
    page_begin: "Diese E-Mails wieder senden",
    page_unknown: "Dieser Link ist nicht oder nicht mehr bekannt. Antworten Sie auf die E-Mail, in der er stand.",
    page_later: "Diese Seite lässt sich gerade nicht anzeigen. Versuchen Sie es später noch einmal; es wurde nichts geändert.",
};

/// German writes thousands otherwise than the rest of Muster; so many there never are.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn topic_words(topic: Topic) -> (&'static str, &'static str) {
    const TIMETABLE: &str = "die Stundenplanung fragen, wenn das nicht stimmt";
    const ANSWER: &str = "auf diese E-Mail antworten, wenn das nicht stimmt";
    match topic {
        Topic::NameTaken => (
            "Eine Gruppe konnte nicht angelegt oder umbenannt werden, weil eine andere Gruppe des Kurses so heißt",
            "die andere Gruppe umbenennen oder löschen; alles Weitere geschieht in der nächsten Nacht von selbst",
        ),
        Topic::GroupingNameTaken => (
            "Die Gruppen eines Moduls konnten nicht zusammengefasst werden, weil eine andere Gruppierung des Kurses so heißt",
            "die andere Gruppierung umbenennen oder löschen; alles Weitere geschieht in der nächsten Nacht von selbst",
        ),
        Topic::NotEnrolled => (
            "Personen sind noch nicht in ihren Gruppen, weil sie nicht im Kurs eingeschrieben sind",
            "sie einschreiben oder abwarten; sobald sie eingeschrieben sind, kommen sie von selbst in ihre Gruppen",
        ),
        Topic::GroupingInUse => (
            "Eine Gruppierung wird nicht mehr gebraucht, blieb aber erhalten, weil sie von Hand angelegte Gruppen enthält",
            "diese Gruppen aus der Gruppierung nehmen; dann verschwindet sie von selbst",
        ),
        Topic::NameKept => (
            "Ein von Hand vergebener Name blieb erhalten",
            "nichts, wenn es so sein soll; steht dort wieder der Name aus dem Stundenplan, folgt er ihm auch wieder",
        ),
        Topic::NameOverwritten => (
            "Ein Name wurde von Hand und im Stundenplan geändert; jetzt gilt der aus dem Stundenplan",
            TIMETABLE,
        ),
        Topic::MadeAgain => (
            "Eine von Hand gelöschte Gruppe wurde neu angelegt, weil sie im Stundenplan steht",
            "die Stundenplanung fragen, wenn die Gruppe nicht mehr gebraucht wird",
        ),
        Topic::StaysDeleted => (
            "Eine von Hand gelöschte Gruppe bleibt gelöscht, obwohl sie im Stundenplan steht",
            "auf diese E-Mail antworten, wenn sie wiederkommen soll",
        ),
        Topic::PutBack => (
            "Von Hand aus einer Gruppe entfernte Personen sind wieder darin, weil der Stundenplan sie dort hat",
            "die Stundenplanung fragen, wenn sie anderswohin gehören",
        ),
        Topic::StaysOut => (
            "Von Hand aus einer Gruppe entfernte Personen bleiben draußen, obwohl der Stundenplan sie dort hat",
            "sie wieder in die Gruppe aufnehmen, wenn sie dorthin gehören",
        ),
        Topic::GroupDropped => {
            ("Gruppen wurden gelöscht, weil sie nicht mehr im Stundenplan stehen", TIMETABLE)
        }
        Topic::GroupUnmapped => {
            ("Gruppen wurden gelöscht, weil ihr Modul diesem Kurs nicht mehr zugeordnet ist", ANSWER)
        }
        Topic::GroupLeftOut => {
            ("Gruppen wurden gelöscht, weil Gruppen dieser Art nicht mehr in Kurse übernommen werden", ANSWER)
        }
        Topic::GroupUndone => {
            ("Gruppen wurden gelöscht, weil eine frühere Änderung zurückgenommen wurde", ANSWER)
        }
        Topic::PersonDropped => {
            ("Personen haben Gruppen verlassen, weil der Stundenplan sie dort nicht mehr hat", TIMETABLE)
        }
        Topic::PersonUnmapped => {
            ("Personen haben Gruppen verlassen, weil das Modul diesem Kurs nicht mehr zugeordnet ist", ANSWER)
        }
        Topic::PersonLeftOut => (
            "Personen haben Gruppen verlassen, weil Personen mit ihrer Rolle nicht mehr in Gruppen übernommen werden",
            ANSWER,
        ),
        Topic::PersonUndone => {
            ("Personen haben Gruppen verlassen, weil eine frühere Änderung zurückgenommen wurde", ANSWER)
        }
        Topic::PersonLocal => (
            "Von Hand in eine Gruppe aufgenommene Personen wurden entfernt, weil hier allein der Stundenplan entscheidet",
            "die Stundenplanung bitten, sie aufzunehmen, wenn sie dorthin gehören",
        ),
        Topic::PersonExcepted => {
            ("Personen wurden aus Gruppen entfernt, weil jemand für sie namentlich darum gebeten hat", ANSWER)
        }
    }
}
