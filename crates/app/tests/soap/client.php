<?php
// The story of README.md, told by PHP's SoapClient.
declare(strict_types=1);

[, $url, $user, $password] = $argv;
const SECURITY = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const BINDING = 'http://www.imsglobal.org/services/common/imsMessBindSchema_v1p0';
const OK = 'success/status';
const FAILURE = 'failure/error/groupmanagement/';
$step = 0;

function connect(string $url, string $service): SoapClient
{
    $base = substr($url, 0, strrpos($url, '/'));
    $options = ['cache_wsdl' => WSDL_CACHE_NONE, 'exceptions' => true, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS];
    return new SoapClient("$base/$service.svc?singleWsdl", $options);
}

/** The security header, without a type of the password, as PHP clients send it. */
function security(string $user, string $password): SoapHeader
{
    $text = fn (string $value) => htmlspecialchars($value, ENT_XML1);
    $xml = '<wsse:Security xmlns:wsse="' . SECURITY . '"><wsse:UsernameToken><wsse:Username>' . $text($user)
        . '</wsse:Username><wsse:Password>' . $text($password) . '</wsse:Password></wsse:UsernameToken></wsse:Security>';
    return new SoapHeader(SECURITY, 'Security', new SoapVar($xml, XSD_ANYXML), true);
}

/** Calls an operation; gives its statuses in short, and its body. */
function call(SoapClient $client, string $operation, array $arguments): array
{
    global $user, $password, $step;
    $step++;
    $info = new SoapHeader(BINDING, 'syncRequestHeaderInfo', ['messageIdentifier' => "php-$step"]);
    $headers = [];
    $body = $client->__soapCall($operation, [$arguments], null, [$info, security($user, $password)], $headers);
    $info = $headers['syncResponseHeaderInfo'];
    expectQuietly('the identifier comes back', $info->messageIdentifier, "php-$step");
    $statuses = isset($info->statusInfoSet) ? $info->statusInfoSet->statusInfo : [$info->statusInfo];
    return [array_map('short', $statuses), $body];
}

function short(object $status): string
{
    $text = "$status->codeMajor/$status->severity";
    foreach ($status->codeMinor->codeMinorField ?? [] as $field) {
        $text .= "/$field->codeMinorName/$field->codeMinorValue";
    }
    return $text;
}

function expectQuietly(string $what, mixed $found, mixed $expected): void
{
    if ($found !== $expected) {
        fwrite(STDERR, "$what: " . json_encode($found) . ' instead of ' . json_encode($expected) . "\n");
        exit(1);
    }
}

function expect(string $what, mixed $found, mixed $expected): void
{
    expectQuietly($what, $found, $expected);
    echo "php: $what\n";
}

function pair(string $key, string $parent, string $title, string $kind = 'Unspecified', string $level = '-1'): array
{
    return [
        'sourcedId' => ['identifier' => $key],
        'group' => [
            'groupType' => ['scheme' => 'ItsLearningOrganisationTypes', 'typeValue' => [['type' => $kind, 'level' => $level]]],
            'relationship' => [['relation' => 'Parent', 'sourceId' => ['identifier' => $parent]]],
            'description' => ['descShort' => $title],
        ],
    ];
}

$groups = connect($url, 'GroupManagementServiceSync');
$persons = connect($url, 'PersonManagementServiceSync');
$memberships = connect($url, 'MembershipManagementServiceSync');

try {
    $groups->__soapCall('readGroup', [['sourcedId' => ['identifier' => 'root']]], null, [security($user, 'wrong')]);
    expect('a wrong password is a fault', 'let in', 'a fault');
} catch (SoapFault $fault) {
    expect('a wrong password is a fault', $fault->faultcode, 'a:FailedAuthentication');
}

$keys = ['AAAAA', 'BBBBB', 'CCCCC', 'CCC'];
$pairs = [pair('php-school', 'root', 'School & more', 'School', '1'), pair('php-bad', 'php-nowhere', 'Bad')];
foreach ($keys as $key) {
    $pairs[] = pair("php-$key", 'php-school', $key);
}
[$found] = call($groups, 'createGroups', ['groupIdPairSet' => ['groupIdPair' => $pairs]]);
expect('one of six groups is refused', $found, [OK, FAILURE . 'invaliddata', OK, OK, OK, OK]);

[$found, $body] = call($groups, 'readGroup', ['sourcedId' => ['identifier' => 'php-school']]);
expect('a group is read', [$found, $body->group->description->descShort], [[OK], 'School & more']);

$person = [
    'formatName' => null,
    'name' => ['partName' => [
        ['namePartType' => 'First', 'namePartValue' => 'Ada'],
        ['namePartType' => 'Last', 'namePartValue' => 'Invented'],
    ]],
    'institutionRole' => [['institutionRoleType' => 'Student', 'primaryRoleType' => true]],
];
[$found] = call($persons, 'createPerson', ['sourcedId' => ['identifier' => 'php-ada'], 'person' => $person]);
expect('a person is made', $found, [OK]);
$member = ['memberSourcedId' => ['identifier' => 'php-ada'], 'idType' => 'Person', 'role' => [['roleType' => 'Learner']]];
$membership = ['groupSourcedId' => ['identifier' => 'php-school'], 'member' => $member];
[$found] = call($memberships, 'createMembership', ['sourcedId' => ['identifier' => 'php-m'], 'membership' => $membership]);
expect('and joins', $found, [OK]);
[$found, $body] = call($groups, 'readGroupsForPerson', ['personSourcedId' => ['identifier' => 'php-ada']]);
$titles = array_map(fn (object $group) => $group->description->descShort, $body->groupSet->group);
expect('the groups of the person are read', [$found, $titles], [[OK], ['School & more']]);

$changes = array_map(fn (string $key) => ['firstId' => "php-$key", 'secondId' => 'php-' . substr($key, 0, 3)], array_slice($keys, 0, 3));
[$found] = call($groups, 'changeGroupsIdentifier', ['pairSourcedIdSet' => ['identifierPair' => $changes]]);
expect('two of three keys are changed', $found, [OK, OK, FAILURE . 'idallocinusefail']);

[$found] = call($groups, 'deleteGroups', ['sourcedIdSet' => ['identifier' => ['php-AAA', 'php-school', 'php-BBB']]]);
expect('what is below a deleted group is gone', $found, [OK, OK, FAILURE . 'unknownobject']);
[$found] = call($groups, 'readGroup', ['sourcedId' => ['identifier' => 'php-CCC']]);
expect('and is not found', $found, [FAILURE . 'unknownobject']);
[$found] = call($persons, 'deletePerson', ['sourcedId' => ['identifier' => 'php-ada']]);
expect('the person is deleted', $found, [OK]);
