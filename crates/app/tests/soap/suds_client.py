"""The story of README.md, told by suds."""

import sys

import suds
from suds.client import Client
from suds.sax.element import Element
from suds.wsse import Security, UsernameToken

url, user, password = sys.argv[1:4]
base = url.rsplit("/", 1)[0]
BINDING = ("b", "http://www.imsglobal.org/services/common/imsMessBindSchema_v1p0")


def connect(service, secret):
    client = Client(f"{base}/{service}.svc?wsdl", faults=True, cache=None, retxml=False)
    security = Security()
    security.tokens.append(UsernameToken(user, secret))
    client.set_options(wsse=security)
    return client


groups = connect("GroupManagementServiceSync", password)
persons = connect("PersonManagementServiceSync", password)
memberships = connect("MembershipManagementServiceSync", password)
step = 0


def call(client, operation, *arguments):
    """Calls an operation; gives its statuses in short, and its body."""
    global step
    step += 1
    header = Element("syncRequestHeaderInfo", ns=BINDING)
    header.append(Element("messageIdentifier", ns=BINDING).setText(f"suds-{step}"))
    client.set_options(soapheaders=header)
    body = getattr(client.service, operation)(*arguments)
    # suds gives the body only; the statuses stand in the header of what was received.
    received = client.last_received().getChild("Envelope").getChild("Header").getChild("syncResponseHeaderInfo")
    set_of = received.getChild("statusInfoSet")
    statuses = set_of.getChildren("statusInfo") if set_of else [received.getChild("statusInfo")]
    return [short(status) for status in statuses], body


def short(status):
    text = f"{status.getChild('codeMajor').text}/{status.getChild('severity').text}"
    minor = status.getChild("codeMinor")
    if minor:
        field = minor.getChild("codeMinorField")
        text += f"/{field.getChild('codeMinorName').text}/{field.getChild('codeMinorValue').text}"
    return text


def expect(what, found, expected):
    assert found == expected, f"{what}: {found} instead of {expected}"
    print(f"suds: {what}")


def pair(key, parent, title, kind="Unspecified", level="-1"):
    return {
        "sourcedId": {"identifier": key},
        "group": {
            "groupType": {"scheme": "ItslearningOrganisationTypes", "typeValue": [{"type": kind, "level": level}]},
            "relationship": [{"relation": "Parent", "sourceId": {"identifier": parent}}],
            "description": {"descShort": title},
        },
    }


OK = "success/status"
FAILURE = "failure/error/groupmanagement/"

wrong = connect("GroupManagementServiceSync", "wrong")
try:
    wrong.service.readGroup({"identifier": "root"})
    raise AssertionError("a wrong password is let in")
except suds.WebFault as fault:
    expect("a wrong password is a fault", str(fault.fault.faultcode).split(":")[-1], "FailedAuthentication")

keys = ["AAAAA", "BBBBB", "CCCCC", "CCC"]
pairs = [pair("suds-school", "root", "School & more", "School", "1"), pair("suds-bad", "suds-nowhere", "Bad")]
pairs += [pair(f"suds-{key}", "suds-school", key) for key in keys]
found, _ = call(groups, "createGroups", {"groupIdPair": pairs})
expect("one of six groups is refused", found, [OK, f"{FAILURE}invaliddata"] + [OK] * 4)

found, body = call(groups, "readGroup", {"identifier": "suds-school"})
expect("a group is read", (found, str(body.description.descShort)), ([OK], "School & more"))

person = {
    "name": {"partName": [{"namePartType": "First", "namePartValue": "Ada"}, {"namePartType": "Last", "namePartValue": "Invented"}]},
    "institutionRole": [{"institutionRoleType": "Student", "primaryRoleType": True}],
}
found, _ = call(persons, "createPerson", {"identifier": "suds-ada"}, person)
expect("a person is made", found, [OK])
membership = {
    "groupSourcedId": {"identifier": "suds-school"},
    "member": {"memberSourcedId": {"identifier": "suds-ada"}, "idType": "Person", "role": [{"roleType": "Learner"}]},
}
found, _ = call(memberships, "createMembership", {"identifier": "suds-m"}, membership)
expect("and joins", found, [OK])
found, body = call(groups, "readGroupsForPerson", {"identifier": "suds-ada"})
expect("the groups of the person are read", (found, [str(g.description.descShort) for g in body.group]), ([OK], ["School & more"]))

changes = [{"firstId": f"suds-{key}", "secondId": f"suds-{key[:3]}"} for key in keys[:3]]
found, _ = call(groups, "changeGroupsIdentifier", {"identifierPair": changes})
expect("two of three keys are changed", found, [OK, OK, f"{FAILURE}idallocinusefail"])

found, _ = call(groups, "deleteGroups", {"identifier": ["suds-AAA", "suds-school", "suds-BBB"]})
expect("what is below a deleted group is gone", found, [OK, OK, f"{FAILURE}unknownobject"])
found, _ = call(groups, "readGroup", {"identifier": "suds-CCC"})
expect("and is not found", found, [f"{FAILURE}unknownobject"])
found, _ = call(persons, "deletePerson", {"identifier": "suds-ada"})
expect("the person is deleted", found, [OK])
