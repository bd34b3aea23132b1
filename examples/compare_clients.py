"""Compare two clients on one workload and print who is ahead: `python examples/compare_clients.py`.

Six short blocks are the fewest that give an interval. For a result that holds, leave `blocks`, `requests` and `warmup`
out.
"""

from http_benchmark import Experiment, ExperimentConfiguration

configuration = ExperimentConfiguration(
    contenders=("requests", "urllib3"), url="/bytes/1024", concurrency=4, blocks=6, requests=400, warmup=0
)
result = Experiment(configuration).run()

for client in result.clients:
    speed = client.throughput_rps.estimate if client.throughput_rps else 0.0
    print(f"{client.rank}  {client.contender:16} {speed:8,.0f} requests/s  {client.errors or 'no errors'}")

for pair in result.pairs:
    if pair.metric == "throughput_rps":
        told_apart = "told apart" if pair.separated else "cannot be told apart"
        print(f"{pair.b} needs {pair.effect_percent:+.0f} % time per request against {pair.a}: {told_apart}")

print(f"verdict: {result.validity.verdict}", *(reason.code for reason in result.validity.reasons))
