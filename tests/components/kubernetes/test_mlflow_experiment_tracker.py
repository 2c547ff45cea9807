"""The MLflow server asks for a password, keeps its records apart, and its data stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead_components.config import read_config
from fairlead_components.kubernetes.mlflow_access import configuration, grants
from fairlead_components.kubernetes.mlflow_accounts import bring
from fairlead_components.kubernetes.roles import FUNCTIONS
from fairlead_components.stack import build

IMAGE = f"registry.example.org/mlflow@sha256:{'1' * 64}"
POSTGRES = f"registry.example.org/postgres@sha256:{'2' * 64}"
NAME = "experiment-tracker"


def test_everybody_has_an_account_and_a_secret_of_their_own(declared: Any) -> None:
    contract = declared.contracts["experiment_tracker"]
    assert contract["credentials_secrets"] == {f: f"{NAME}-{f}" for f in FUNCTIONS}
    assert contract["tracking_uri"].startswith(f"http://{NAME}.")
    assert contract["server"]["service"] == NAME
    accounts = json.loads(grants())
    assert set(accounts) == {"admin", *FUNCTIONS}
    writers = {who for who, granted in accounts.items() if granted}
    assert writers == {"submitter", "runner", "step", "maintainer"}
    manages = {
        who for who, granted in accounts.items() if ["experiment", "MANAGE"] in (granted or ())
    }
    assert manages == {"maintainer"}
    assert "default_permission = READ" in configuration("postgresql://mlflow@db/mlflow")


def test_no_password_is_in_a_specification_a_setting_or_a_contract(declared: Any) -> None:
    hidden = [r for k, r in declared.requests.items() if "Password experiment-tracker" in k]
    assert len(hidden) == len(FUNCTIONS) + 3  # the administrator's, the database's, the sessions'
    specification = declared.objects[NAME]["spec"]["template"]["spec"]
    for container in [*specification["initContainers"], *specification["containers"]]:
        variables = {item["name"]: item for item in container["env"]}
        assert "secretKeyRef" in variables["PGPASSWORD"]["valueFrom"]
        assert "@experiment-tracker-database:5432" in variables["MLFLOW_BACKEND_STORE_URI"]["value"]
        assert not any(":" in word.partition("@")[0][16:] for word in container["command"])
    database = declared.objects[f"{NAME}-database"]["spec"]["template"]["spec"]
    assert not any("env" in container for container in database["containers"])
    for name in (f"{NAME}-settings",):
        assert "admin_password" not in declared.objects[name]["data"]["auth.ini"]


def test_it_serves_files_itself_and_asks_for_a_password(declared: Any) -> None:
    (server,) = declared.objects[NAME]["spec"]["template"]["spec"]["containers"]
    for word in ("basic-auth", "--serve-artifacts", "/artifacts"):
        assert word in server["command"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= server.keys()
    (hosts,) = [v for v in server["env"] if v["name"] == "MLFLOW_SERVER_ALLOWED_HOSTS"]
    assert hosts["value"].endswith("localhost:*,127.0.0.1:*")
    assert declared.objects[NAME]["spec"]["strategy"] == {"type": "Recreate"}


def test_only_the_server_reaches_the_database_and_only_functions_the_server(declared: Any) -> None:
    policy = declared.objects[f"{NAME}-database-policy"]["spec"]
    (rule,) = policy["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"fairlead-function": "tracker"}}}]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in policy
    (rule,) = declared.objects[f"{NAME}-policy"]["spec"]["ingress"]
    (callers,) = rule["from"][0]["podSelector"]["matchExpressions"]
    assert set(callers["values"]) == {"runner", "step", "deployer", "serving"}
    # What all pods of the namespace may do does not hold for these two.
    (kept,) = declared.objects["cluster-allow-namespace"]["spec"]["podSelector"]["matchExpressions"]
    assert (kept["operator"], kept["values"]) == ("NotIn", ["database", "tracker"])


def test_records_and_files_stay(declared: Any) -> None:
    claim = declared.requests[f"kubernetes:core/v1:PersistentVolumeClaim {NAME}-artifacts"]
    assert claim.protect
    assert claim.retainOnDelete
    database = declared.objects[f"{NAME}-database"]["spec"]
    kept = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert database["persistentVolumeClaimRetentionPolicy"] == kept


def test_a_database_that_is_there_is_taken(record: Callable[..., Any], values: Any) -> None:
    given = {"host": "db.example.org", "secret_name": "db-login", "user": "ml"}
    tracker = {"image": IMAGE, "existing_database": given}
    components = {"artifact_store": {"provider": "local"}, "experiment_tracker": tracker}
    manifest, recorder = record(
        lambda: build(read_config(values(components), "x")), config={"kubernetes:context": "there"}
    )
    assert manifest["components"]["experiment_tracker"]["flavor"] == "mlflow"
    made = {key.partition(" ")[2] for key in recorder.requests}
    assert f"{NAME}-database" not in made
    text = str(recorder.requests[f"kubernetes:apps/v1:Deployment {NAME}"].object)
    assert "postgresql+psycopg2://ml@db.example.org:5432/mlflow?sslmode=require" in text


@pytest.mark.parametrize(
    ("tracker", "problem"),
    [
        ({"image": "mlflow:3", "database": {"image": POSTGRES}}, "image: mlflow:3 must end in"),
        ({"image": IMAGE, "database": {"image": "pg"}}, "database.image: pg must end in"),
        ({"image": IMAGE}, "say either `database`"),
        ({"database": {"image": POSTGRES}}, "image: missing"),
        ({"existing": {"tracking_uri": "http://x"}, "image": IMAGE}, "`existing` adopts"),
    ],
)
def test_mistakes_are_told(values: Any, tracker: dict[str, Any], problem: str) -> None:
    components = {"artifact_store": {"provider": "local"}, "experiment_tracker": tracker}
    with pytest.raises(ConfigError, match=problem):
        read_config(values(components), "x")


class Store:
    """MLflow's store of accounts, as far as it is asked; the cluster's tests have the real one."""

    def __init__(self, **users: str) -> None:
        self.users, self.granted, self.admins = users, [], []  # type: ignore[var-annotated]

    def has_user(self, name: str) -> bool:
        return name in self.users

    def authenticate_user(self, name: str, password: str) -> bool:
        return self.users[name] == password

    def create_user(self, name: str, password: str, *, is_admin: bool) -> None:
        self.users[name] = password
        self.admins += [name] if is_admin else []

    def update_user(self, name: str, password: str) -> None:
        self.users[name] = password

    def grant_user_permission(self, *granted: str) -> None:
        self.granted.append(granted)


def test_accounts_are_made_once_and_follow_their_passwords() -> None:
    store = Store(step="old")
    bring(store, "admin", "a", None)
    bring(store, "step", "new", [("experiment", "EDIT")])
    assert store.users == {"admin": "a", "step": "new"}
    assert store.admins == ["admin"]
    assert store.granted == [("step", "experiment", "*", "EDIT")]
