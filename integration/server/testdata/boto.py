"""Makes calls with boto3, one a line: reads {"service", "call", "wait", "paginate", "tokens", "in", "key",
"secret"} and writes {"out"} or {"error",
"message", "type", "status"}."""
import datetime, json, re, sys
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

endpoint = sys.argv[1]
clients = {}

def client(step):
    name = (step["service"], step["key"])
    if name not in clients:
        clients[name] = boto3.client(step["service"], endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=step["key"],
                                     aws_secret_access_key=step["secret"], config=Config(retries={"total_max_attempts": 1}))
    return clients[name]

def snake(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()

for line in sys.stdin:
    step = json.loads(line)
    try:
        c = client(step)
        if step.get("wait"):
            c.get_waiter(step["wait"]).wait(**step["in"])
            out = {}
        elif step.get("tokens"):
            # Two items at a time of pages of three, each time from where the last one ended.
            out, token = {}, None
            while True:
                part = c.get_paginator(snake(step["call"])).paginate(PaginationConfig={"PageSize": 3, "MaxItems": 2, "StartingToken": token}, **step["in"]).build_full_result()
                for name, value in part.items():
                    if isinstance(value, list):
                        out.setdefault(name, []).extend(value)
                token = part.get("NextToken")
                if not token:
                    break
        elif step.get("paginate"):
            out = c.get_paginator(snake(step["call"])).paginate(PaginationConfig={"PageSize": 2}, **step["in"]).build_full_result()
        else:
            out = getattr(c, snake(step["call"]))(**step["in"])
            out.pop("ResponseMetadata")
        print(json.dumps({"out": out}, default=str), flush=True)
    except ClientError as e:
        error = e.response["Error"]
        print(json.dumps({"error": error["Code"], "message": error.get("Message", ""), "type": error.get("Type", ""),
                          "status": e.response["ResponseMetadata"]["HTTPStatusCode"]}), flush=True)
    except WaiterError as e:
        print(json.dumps({"error": str(e)}), flush=True)
