//! `readAllPersons`: reads every person, page by page; an addition of itslearning (facts/ims-es.md §5.2).
//!
//! Not here: who is on which page.

use crate::lexical::Lexical;
use crate::operation::{call, streamed};
use crate::person::object::PersonIdPair;
use crate::person::rules;
use crate::record::record;
use crate::time::UtcTime;

record! {
    /// The request. Its names are capitalised, and each may be nil.
    pub struct ReadAllPersons = PersonMessages "ReadAllPersonsRequest" {
        /// Which page. The first is 1.
        pub page_index: Option<Lexical<i32>> = [nil "PageIndex"],
        /// How many persons a page holds. At most 100 are recommended.
        pub page_size: Option<Lexical<i32>> = [nil "PageSize"],
        /// Only persons made since then.
        pub created_from: Option<Lexical<UtcTime>> = [nil "CreatedFrom"],
        /// Only persons made by hand.
        pub only_manually_created_users: Option<Lexical<bool>> = [nil "OnlyManuallyCreatedUsers"],
        /// Whether persons made by hand become the sender's.
        pub convert_from_manual: Option<Lexical<bool>> = [nil "ConvertFromManual"],
    }
}

record! {
    /// The reply: one page, and how many persons there are on all pages.
    pub struct ReadAllPersonsReply = PersonMessages "ReadAllPersonsResponse" {
        /// The page.
        pub pairs: Vec<PersonIdPair> = [always "personIdPairSet" / "personIdPair"],
        /// How many persons there are on all pages.
        pub virtual_count: Lexical<i32> = ["virtualCount"],
    }
}

streamed!(ReadAllPersonsReply of PersonIdPair = PersonMessages ["personIdPairSet" / "personIdPair"]);
call!(ReadAllPersons is ReadAllPersons, answered by ReadAllPersonsReply with one status, checked by |request, _policy| {
    vec![rules::check_page(request)]
});

#[cfg(test)]
mod tests {
    use super::{ReadAllPersons, ReadAllPersonsReply};
    use crate::fixtures::{check_call, check_reply, person_pairs};
    use crate::lexical::Lexical;
    use crate::time::UtcTime;

    #[test]
    fn a_page_is_asked_for() {
        let expected = ReadAllPersons {
            page_index: Some(Lexical::Value(1)),
            page_size: Some(Lexical::Value(100)),
            created_from: Some(Lexical::Value(UtcTime { unix_ms: 1_767_268_800_000 })),
            only_manually_created_users: Some(Lexical::Value(false)),
            convert_from_manual: Some(Lexical::Value(false)),
        };
        check_call("person/read_all_persons/request.xml", &expected);
    }

    #[test]
    fn what_is_nil_is_not_asked_for() {
        let (page_index, page_size) = (Some(Lexical::Value(2)), Some(Lexical::Value(100)));
        let expected = ReadAllPersons { page_index, page_size, ..ReadAllPersons::default() };
        check_call("person/read_all_persons/request_with_nil.xml", &expected);
    }

    #[test]
    fn a_page_comes_back_with_the_count_of_all() {
        let virtual_count = Lexical::Value(57);
        let expected = ReadAllPersonsReply { pairs: person_pairs(), virtual_count };
        let path = "person/read_all_persons/reply_page.xml";
        check_reply::<ReadAllPersons>(path, 1, &["success/status"], &expected);
    }
}
