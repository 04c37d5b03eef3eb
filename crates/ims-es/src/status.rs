//! The closed words with which IMS Enterprise Services says how an operation ended (facts/ims-es.md section 4).
//!
//! Not here: where a status stands in a message.
//!
//! Invariant: a word that this file does not know is never taken for a success.

use crate::words::words;

words!(
    /// How an operation ended, in the large (`codeMajor`).
    CodeMajor in MessageBinding {
        /// It was carried out.
        Success = "success",
        /// It was not carried out.
        Failure = "failure",
        /// It is under way.
        Processing = "processing",
        /// The service does not know the operation.
        Unsupported = "unsupported",
    }
);
words!(
    /// How grave the ending is (`severity`). A warning is not a failure.
    Severity in MessageBinding {
        /// All is well.
        Status = "status",
        /// Carried out, with something to look at.
        Warning = "warning",
        /// Not carried out.
        Error = "error",
    }
);
words!(
    /// The particular reason (`codeMinorValue`): the list that the IMS specifications share.
    CodeMinor in MessageBinding {
        /// Everything was carried out.
        FullSuccess = "fullsuccess",
        /// The object was created.
        CreateSuccess = "createsuccess",
        /// No identifiers were given.
        NoSourcedIds = "nosourcedids",
        /// An identifier could not be allocated.
        IdAllocFail = "idallocfail" | "idalloc",
        /// There is no room for the object.
        OverflowFail = "overflowfail",
        /// The identifier is already taken.
        IdAllocInUseFail = "idallocinusefail",
        /// A value is not allowed.
        InvalidData = "invaliddata",
        /// A mandatory value is missing.
        IncompleteData = "incompletedata",
        /// Only a part could be stored.
        PartialDataStorage = "partialdatastorage",
        /// There is no object with this identifier.
        UnknownObject = "unknownobject",
        /// The query is not known.
        UnknownQuery = "unknownquery",
        /// The object could not be deleted.
        DeleteFailure = "deletefailure",
        /// The target could not be read.
        TargetReadFailure = "targetreadfailure",
        /// The savepoint is wrong.
        SavepointError = "savepointerror",
        /// The savepoint does not fit the data.
        SavepointSyncError = "savepointsyncerror",
        /// The answer would be too large.
        TooMuchData = "toomuchdata",
        /// The extension is not known.
        UnknownExtension = "unknownextension",
        /// The word is not in the vocabulary.
        UnknownVocabulary = "unknownvocabulary" | "unknownvocab",
        /// The target is too busy.
        TargetIsBusy = "targetisbusy",
        /// The connection failed.
        LinkFailure = "linkfailure",
        /// The sender may not do this.
        UnauthorizedRequest = "unauthorizedrequest",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for minor in CodeMinor::ALL {
            assert_eq!(CodeMinor::from_word(&minor.as_str().to_uppercase()), Some(*minor));
        }
        assert_eq!(CodeMinor::ALL.len(), 21, "the words of feature Y5");
    }

    #[test]
    fn an_unknown_word_is_no_success() {
        for word in ["", "succes", "successful", "ok"] {
            assert_eq!(CodeMajor::from_word(word), None);
        }
        assert_eq!(CodeMajor::from_word(" success\n"), Some(CodeMajor::Success));
    }
}
