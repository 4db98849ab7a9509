"""Wrong values are refused before anything is applied, and the refusal names them.

Without the schema the API server would refuse many of them, in the middle of an install.
"""

import pytest

from tests.apiserver.chart import RefusedError, render

pytestmark = pytest.mark.timeout(300)  # the first test may find Helm still to be built


def egress(rule: str) -> str:
    return f'networkPolicy={{"egress":[{{{rule}}}]}}'


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ('images={"tag":"x"}', "additional properties 'images' not allowed"),
        ('images={"tag":"x"}', "must be one of 'global', 'nameOverride', "),
        ('image={"tags":"x"}', "additional properties 'tags' not allowed"),
        ('image={"tags":"x"}', "must be one of 'repository', 'tag', 'digest', 'pullPolicy'"),
        ('image={"pullPolicy":"Sometimes"}', "one of 'Always', 'IfNotPresent', 'Never'"),
        ('podDisruptionBudget={"maxUnavailable":"half"}', "/maxUnavailable': 'half' does not"),
        ('metrics.podMonitor={"interval":"often"}', "/interval': 'often' does not match"),
        ('networkPolicy={"ingressFrom":[{}]}', "/ingressFrom/0': minProperties: got 0, want 1"),
        ('networkPolicy={"apiServerPorts":["https"]}', "/0': got string, want integer"),
        ('extraEnv=[{"value":"x"}]', "/extraEnv/0': missing property 'name'"),
        ('podLabels={"app.kubernetes.io/part-of":"openclaw-vllm"}', "part-of': 'not' failed"),
        ('replicaCount="two"', "/replicaCount': got string, want null or integer"),
        ('logLevel="loud"', "must be one of 'debug', 'info', 'warning', 'error'"),
        ('logFormat="xml"', "must be one of 'json', 'text'"),
        ('clusterDomain="k8s home"', "/clusterDomain': 'k8s home' does not match"),
        ('clusterDomain="svc.k8s.lan"', "/clusterDomain': 'not' failed"),
        ('allowExternalNames=["*"]', "/allowExternalNames/0': '*' does not match"),
        ('allowAddresses=["10.0.0.1"]', "/allowAddresses/0': '10.0.0.1' does not match"),
        ('allowAddresses=["169.254.169.254"]', "/allowAddresses/0': 'not' failed"),
        ("allowHosts=[]", "/allowHosts': minItems: got 0, want 1"),
        ('allowHosts=["http://x"]', "/allowHosts/0': 'http://x' does not match"),
        ('allowHosts=["10.0.0.0/99"]', "/allowHosts/0': '10.0.0.0/99' does not match"),
        ('allowHosts=["fd00::1::2"]', "/allowHosts/0'"),
        ('livenessProbe={"successThreshold":2}', "/successThreshold': maximum: got 2, want 1"),
        ("allowHosts=null", "missing property 'allowHosts'"),
        ('watchList="never"', "must be one of 'auto', 'on', 'off', true, false"),
        ("watchList=null", "missing property 'watchList'"),
        ("maxConcurrentProbes=null", "missing property 'maxConcurrentProbes'"),
        ("image=null", "missing property 'image'"),
        ("image.repository=null", "at '/image': missing property 'repository'"),
        ("crds.keep=null", "at '/crds': missing property 'keep'"),
        ("livenessProbe=null", "missing property 'livenessProbe'"),
        ('watchNamespaces=["Red"]', "/watchNamespaces/0': 'Red' does not match"),
        ('watchNamespaces=["a","*"]', "/watchNamespaces': maxItems: got 2, want 1"),
        ('watchNamespaces=["a","a"]', "items at 0 and 1 are equal"),
        ("maxConcurrentProbes=0", "/maxConcurrentProbes': minimum: got 0, want 1"),
        ('extraArgs=["allow-loopback"]', "/extraArgs/0': 'allow-loopback' does not match"),
        ('image={"digest":"sha256:1"}', "/image/digest': 'sha256:1' does not match"),
        (
            'podDisruptionBudget={"maxUnavailable":"101%"}',
            "/maxUnavailable': '101%' does not match",
        ),
        ('extraEnv=[{"name":"POD_NAMESPACE","value":"x"}]', "/extraEnv/0/name': 'not' failed"),
        (egress('"ports":[{"port":70000}]'), "/ports/0/port': maximum: got 70,000, want 65,535"),
        (egress('"ports":[{"port":"Metrics"}]'), "/ports/0/port': 'Metrics' does not match"),
        (egress('"ports":[{"endPort":8000}]'), "/ports/0': missing property 'port'"),
        (egress('"ports":[{"port":"http","endPort":8000}]'), "/port': got string, want integer"),
        (egress('"to":[{"ipBlock":{"cidr":"10.0.0.0"}}]'), "/cidr': '10.0.0.0' does not match"),
        (
            egress('"to":[{"ipBlock":{"cidr":"10.0.0.0/255.0.0.0"}}]'),
            "/cidr': '10.0.0.0/255.0.0.0' does not match",
        ),
        (
            egress('"to":[{"ipBlock":{"cidr":"10.0.0.0/33"}}]'),
            "/cidr': '10.0.0.0/33' does not match",
        ),
        (
            egress('"to":[{"ipBlock":{"cidr":"::/0","except":["fe80::"]}}]'),
            "/except/0': 'fe80::' does not match",
        ),
        (
            'networkPolicy={"ingressFrom":[{"podSelector":{},"ipBlock":{"cidr":"10.0.0.0/8"}}]}',
            "/ingressFrom/0': maxProperties: got 2, want 1",
        ),
        (
            egress('"to":[{"namespaceSelector":{},"ipBlock":{"cidr":"10.0.0.0/8"}}]'),
            "/to/0': maxProperties: got 2, want 1",
        ),
        (
            'openshift.enabled="yes"',
            "/openshift/enabled': value must be one of 'auto', true, false",
        ),
        ("openshift.enabled=null", "at '/openshift': missing property 'enabled'"),
        ('commonLabels={"team":"a b"}', "/commonLabels/team': 'a b' does not match"),
        (f'podLabels={{"team":"{"x" * 64}"}}', "/podLabels/team': 'xxxx"),
        ('podLabels={"my team":"x"}', "'my team' does not match"),
        (
            'metrics.podMonitor.additionalLabels={"release":"-"}',
            "/additionalLabels/release': '-' does not match",
        ),
        ('metrics.dashboard.sidecarLabel="a: b"', "/sidecarLabel': 'a: b' does not match"),
        ('metrics.dashboard.sidecarLabelValue="a b"', "/sidecarLabelValue': 'a b' does not match"),
        ('metrics.prometheusRule.runbookUrl="a: b"', "/runbookUrl': 'a: b' does not match"),
        ('nodeSelector={"disk":"very fast"}', "/nodeSelector/disk': 'very fast' does not match"),
        ('serviceAccount={"name":"a..b"}', "/serviceAccount/name': 'a..b' does not match"),
        ('imagePullSecrets=[{"name":"a_b"}]', "/imagePullSecrets/0/name': 'a_b' does not match"),
        ('priorityClassName="High"', "/priorityClassName': 'High' does not match"),
        ('tolerations=[{"kee":"gpu"}]', "additional properties 'kee' not allowed"),
        (
            'tolerations=[{"kee":"gpu"}]',
            "must be one of 'key', 'operator', 'value', 'effect', 'tolerationSeconds'",
        ),
        ('tolerations=[{"effect":"NoScedule"}]', "/tolerations/0/effect': value must be one of"),
    ],
)
def test_a_wrong_value_is_refused_and_named(value: str, complaint: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        render(value)
    assert complaint in str(refusal.value)
