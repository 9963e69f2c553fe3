"""A till that takes twenty orders, logs and measures each, and ends. Where the server is and the key to it come from TOCSIN_SERVER and TOCSIN_TOKEN."""
import logging
import sys

from tocsin import MetricsCollector, TocsinClient, TocsinHandler

client = TocsinClient()
logging.basicConfig(level=logging.INFO)
logging.getLogger().addHandler(TocsinHandler(client=client, service="shop-python", environment="example"))
metrics = MetricsCollector(client=client, service="shop-python")
log = logging.getLogger("shop.till")


@metrics.timed("order_ms")
def take(order):
    amount = 4.5 * order
    if order == 13:
        raise ConnectionError("The card reader does not answer.")
    log.info("%.2f EUR taken", amount, extra={"order": order})
    metrics.gauge("last_amount", amount, "EUR")


for order in range(1, 21):
    try:
        take(order)
        metrics.counter("orders", tags={"outcome": "paid"})
    except ConnectionError:
        log.exception("Order %d failed", order)
        metrics.counter("orders", tags={"outcome": "failed"})

complete = client.flush(timeout=30)
print("%d entries are with the server, %d are lost." % (client.stats().accepted, client.stats().lost))
sys.exit(0 if complete else 1)
