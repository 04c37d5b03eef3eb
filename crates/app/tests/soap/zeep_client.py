"""The story of README.md, told by zeep."""

import sys

import zeep
from zeep.wsse.username import UsernameToken

url, user, password = sys.argv[1:4]

def bind(secret):
    """The ports of the combined address, by the names of their services, and the type of the header block."""
    client = zeep.Client(f"{url}?wsdl", wsse=UsernameToken(user, secret))
    ports = {}
    for service in client.wsdl.services.values():
        for port in service.ports.values():
            ports[port.name.split("_")[-1]] = client.bind(service.name, port.name)
    header = client.get_element("{http://www.imsglobal.org/services/common/imsMessBindSchema_v1p0}syncRequestHeaderInfo")
    return ports, header


ports, header = bind(password)
groups = ports["GroupManagementServiceSync"]
persons = ports["PersonManagementServiceSync"]
memberships = ports["MembershipManagementServiceSync"]
step = 0


def call(method, **arguments):
    """Calls an operation; gives its statuses in short, and its body."""
    global step
    step += 1
    answer = method(**arguments, _soapheaders=[header(messageIdentifier=f"zeep-{step}")])
    info = answer.header.syncResponseHeaderInfo
    assert info.messageIdentifier == f"zeep-{step}", info
    statuses = info.statusInfoSet.statusInfo if info.statusInfoSet else [info.statusInfo]
    return [short(status) for status in statuses], answer.body


def short(status):
    fields = status.codeMinor.codeMinorField if status.codeMinor else []
    minor = "".join(f"/{field.codeMinorName}/{field.codeMinorValue}" for field in fields)
    return f"{status.codeMajor}/{status.severity}{minor}"


def expect(what, found, expected):
    assert found == expected, f"{what}: {found} instead of {expected}"
    print(f"zeep: {what}")


def group(parent, title, kind="Unspecified", level="-1"):
    return {
        "groupType": {"scheme": "ItslearningOrganisationTypes", "typeValue": [{"type": kind, "level": level}]},
        "relationship": [{"relation": "Parent", "sourceId": {"identifier": parent}}],
        "description": {"descShort": title},
    }


def pair(key, parent, title, **kind):
    return {"sourcedId": {"identifier": key}, "group": group(parent, title, **kind)}


OK = "success/status"
FAILURE = "failure/error/groupmanagement/"

wrong, _ = bind("wrong")
try:
    wrong["GroupManagementServiceSync"].readGroup(sourcedId={"identifier": "root"})
    raise AssertionError("a wrong password is let in")
except zeep.exceptions.Fault as fault:
    expect("a wrong password is a fault", fault.code.split(":")[-1], "FailedAuthentication")

keys = ["AAAAA", "BBBBB", "CCCCC", "CCC"]
pairs = [pair("zeep-school", "root", "School & more", kind="School", level="1"), pair("zeep-bad", "zeep-nowhere", "Bad")]
pairs += [pair(f"zeep-{key}", "zeep-school", key) for key in keys]
found, _ = call(groups.createGroups, groupIdPairSet={"groupIdPair": pairs})
expect("one of six groups is refused", found, [OK, f"{FAILURE}invaliddata"] + [OK] * 4)

found, body = call(groups.readGroup, sourcedId={"identifier": "zeep-school"})
expect("a group is read", (found, body.group.description.descShort), ([OK], "School & more"))
expect("with its parent", body.group.relationship[0].sourceId.identifier, "root")

person = {
    "formatName": zeep.xsd.Nil,
    "name": {"partName": [{"namePartType": "First", "namePartValue": "Ada"}, {"namePartType": "Last", "namePartValue": "Invented"}]},
    "institutionRole": [{"institutionRoleType": "Student", "primaryRoleType": True}],
}
found, _ = call(persons.createPerson, sourcedId={"identifier": "zeep-ada"}, person=person)
expect("a person is made", found, [OK])
membership = {
    "groupSourcedId": {"identifier": "zeep-school"},
    "member": {"memberSourcedId": {"identifier": "zeep-ada"}, "idType": "Person", "role": [{"roleType": "Learner"}]},
}
found, _ = call(memberships.createMembership, sourcedId={"identifier": "zeep-m"}, membership=membership)
expect("and joins", found, [OK])
found, body = call(groups.readGroupsForPerson, personSourcedId={"identifier": "zeep-ada"})
expect("the groups of the person are read", (found, [g.description.descShort for g in body.groupSet.group]), ([OK], ["School & more"]))

changes = [{"firstId": f"zeep-{key}", "secondId": f"zeep-{key[:3]}"} for key in keys[:3]]
found, _ = call(groups.changeGroupsIdentifier, pairSourcedIdSet={"identifierPair": changes})
expect("two of three keys are changed", found, [OK, OK, f"{FAILURE}idallocinusefail"])

found, _ = call(groups.deleteGroups, sourcedIdSet={"identifier": ["zeep-AAA", "zeep-school", "zeep-BBB"]})
expect("what is below a deleted group is gone", found, [OK, OK, f"{FAILURE}unknownobject"])
found, body = call(groups.readGroup, sourcedId={"identifier": "zeep-CCC"})
expect("and is not found", (found, getattr(body, "group", None)), ([f"{FAILURE}unknownobject"], None))
found, _ = call(persons.deletePerson, sourcedId={"identifier": "zeep-ada"})
expect("the person is deleted", found, [OK])
