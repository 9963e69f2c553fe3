using static Tocsin.Demo.DemoAct;

namespace Tocsin.Demo;

/// <summary>A week of a small shop: bad nights, storms, flapping, work that was planned, and what is going on right now.</summary>
internal static class DemoStory
{
    public static readonly TimeSpan Length = TimeSpan.FromDays(7);

    /// <summary>Oldest first.</summary>
    public static IReadOnlyList<DemoScene> Week { get; } =
    [
        new()
        {
            Ago = Back(6, 22, 14),
            Alerts = [new("grafana", "CheckoutErrors", "Checkout error rate 12 % (limit 2 %)", "critical", "checkout", "eu-west")
            {
                Description = "5xx of the checkout service over 5 minutes. Runbook: check the payment gateway, then the last deploy.",
            }],
            Acts =
            [
                new Acknowledge(Minutes(2.6)),
                new Note(Minutes(7), "Began 6 min after the deploy of 7f3c2. Rolling back to 91ab0."),
                new Note(Minutes(15), "Rolled back, error rate is falling."),
                new End(Minutes(22)),
            ],
        },
        new()
        {
            Ago = Back(6, 15, 40),
            Alerts = [new("prometheus", "DiskFilling", "db-2: disk 83 % full", "warning", "orders-db", "db-2")],
            Acts = [new Acknowledge(Minutes(95)), new Note(Minutes(110), "Old WAL archives; retention set to 3 days."), new End(Minutes(340))],
        },
        new()
        {
            Ago = Back(6, 3, 5),
            Alerts = [new("scripts", "CertificateExpires", "Certificate of api.shop.example ends in 6 days", "warning", "cluster")],
            Acts = [new Acknowledge(Minutes(240)), new Note(Minutes(260), "Renewal hook was missing after the move. Added."), new End(Minutes(1500))],
        },
        new()
        {
            Ago = Back(5, 20, 31),
            Alerts = [new("prometheus", "ConsumerLag", "Orders consumer is 9 min behind", "high", "orders-db")],
            Acts = [new Acknowledge(Minutes(17)), new Note(Minutes(24), "One partition was stuck on a poison message; skipped and kept for later."), new End(Minutes(41))],
        },
        new()
        {
            Ago = Back(5, 11, 2),
            Alerts =
            [
                new("prometheus", "NodeNotReady", "node-17 is not ready", "high", "cluster", "node-17"),
                new("prometheus", "PodsPending", "11 pods are pending for 5 min", "high", "cluster"),
            ],
            Apart = Minutes(1),
            Acts = [new Acknowledge(Minutes(2)), new Note(Minutes(9), "Kernel panic, drained and replaced."), new End(Minutes(35))],
        },
        new()
        {
            Ago = Back(5, 2, 20),
            Alerts = [new("scripts", "Deployed", "checkout 4d21e was deployed to production", "info", "checkout")],
            Acts = [new End(Minutes(5))],
        },
        new()
        {
            Ago = Back(4, 19, 47),
            Alerts = [new("grafana", "SearchSlow", "Search p99 is 2.4 s (limit 800 ms)", "high", "search")],
            Acts =
            [
                new End(Minutes(3)),
                new Return(Minutes(6)),
                new Acknowledge(Minutes(9)),
                new Note(Minutes(20), "One shard is merging segments; throttled the reindex."),
                new End(Minutes(50)),
            ],
        },
        new()
        {
            Ago = Back(4, 8, 13),
            Alerts = [new("grafana", "PaymentTimeouts", "Payment provider: 31 % of calls time out", "critical", "checkout")],
            Acts =
            [
                new Acknowledge(Minutes(1)),
                new Note(Minutes(4), "Their status page says degraded since 10 min. Switched on the second provider for cards."),
                new Escalate(Minutes(6)),
                new Acknowledge(Minutes(7.5)),
                new Note(Minutes(64), "Provider reports that it is fixed; watching."),
                new End(Minutes(93)),
            ],
        },
        new()
        {
            Ago = Back(4, 1, 26),
            Alerts = [new("scripts", "BackupSlow", "Backup of the warehouse took 3 h 12 min (usually 1 h 40 min)", "warning", "warehouse")],
            Acts = [new Acknowledge(Minutes(180)), new Note(Minutes(200), "Ran beside the monthly report. Moved to 02:00."), new Resolve(Minutes(205))],
        },
        new()
        {
            Ago = Back(3, 16, 9),
            Alerts =
            [
                .. Enumerable.Range(1, 24).Select(n => new DemoAlert("prometheus", "InstanceDown", $"node-{n:D2} does not answer", "high", "cluster", $"node-{n:D2}")),
                .. Enumerable.Range(1, 8).Select(n => new DemoAlert("prometheus", "EndpointDown", $"checkout-{n} fails its health check", "critical", "checkout", $"checkout-{n}")),
                .. Enumerable.Range(1, 5).Select(n => new DemoAlert("prometheus", "ReplicaLost", $"Orders replica {n} is gone", "high", "orders-db", $"replica-{n}")),
            ],
            Apart = TimeSpan.FromSeconds(2),
            Acts =
            [
                new Acknowledge(Minutes(3)),
                new Note(Minutes(6), "Power of rack B. The provider is on site."),
                new Note(Minutes(41), "Power is back; machines are booting."),
                new End(Minutes(58)),
            ],
        },
        new()
        {
            Ago = Back(3, 5, 52),
            Alerts = [new("grafana", "LoginFailures", "Failed logins are at 4 times the usual", "high", "login")],
            Acts = [new End(Minutes(4))],
        },
        new()
        {
            Ago = Back(2, 22, 30),
            Alerts = [new("prometheus", "ReplicationStopped", "orders-db: replication stopped", "high", "orders-db", "db-1")],
            Apart = Minutes(1),
            Acts = [new Silence(Minutes(-10), TimeSpan.FromHours(2), "Upgrade of db-1, planned"), new End(Minutes(70))],
        },
        new()
        {
            Ago = Back(2, 14, 18),
            Alerts = [new("scripts", "MailQueue", "1 840 mails wait in the queue", "high", "mail-out")],
            Acts = [new Acknowledge(Minutes(8)), new Note(Minutes(13), "The relay refused our new address; SPF record updated."), new End(Minutes(25))],
        },
        new()
        {
            Ago = Back(2, 6, 44),
            Alerts = [new("prometheus", "MemoryHigh", "cart-7 uses 94 % of its memory", "warning", "checkout", "cart-7")],
            Acts = [new Acknowledge(Minutes(50)), new End(Minutes(130))],
        },
        new()
        {
            Ago = Back(1, 20, 57),
            Alerts = [new("grafana", "CheckoutErrors", "Checkout error rate 6 % (limit 2 %)", "critical", "checkout", "eu-north")],
            Acts =
            [
                new Acknowledge(Minutes(47)),
                new Note(Minutes(49), "Nobody heard it: two phones were on silent. Talk about it on Monday."),
                new Note(Minutes(58), "A feature flag sent all carts through the old path. Switched off."),
                new End(Minutes(64)),
            ],
        },
        new()
        {
            Ago = Back(1, 9, 11),
            Alerts = [new("prometheus", "DnsSlow", "DNS lookups take 1.9 s", "high", "dns")],
            Acts = [new Acknowledge(Minutes(4)), new Note(Minutes(12), "conntrack table was full on both resolvers; raised."), new End(Minutes(26))],
        },
        new()
        {
            Ago = Back(1, 1, 36),
            Alerts = [new("scripts", "LoadLate", "Nightly load of the warehouse is 40 min late", "warning", "warehouse")],
            Acts = [new Acknowledge(Minutes(22)), new End(Minutes(75))],
        },
        new()
        {
            Ago = Back(0, 14, 3),
            Alerts = [new("grafana", "CdnErrors", "CDN answers 3 % with 5xx", "high", "cdn")],
            Acts = [new Acknowledge(Minutes(3)), new Note(Minutes(10), "Origin shield in Frankfurt; moved traffic to Paris."), new End(Minutes(33))],
        },
        new()
        {
            Ago = Back(0, 7, 48),
            Alerts = [new("prometheus", "ReplicaBehind", "orders-db: replica 2 is 40 min behind", "high", "orders-db", "replica-2")],
            Acts = [new Acknowledge(Minutes(6)), new Note(Minutes(15), "Rebuilding it from a snapshot, takes until tonight.")],
        },
        new()
        {
            Ago = Back(0, 3, 10),
            Alerts = [new("prometheus", "DiskFilling", "warehouse-1: disk 91 % full", "warning", "warehouse", "warehouse-1")],
            Acts = [new Acknowledge(Minutes(14)), new Snooze(Minutes(16), TimeSpan.FromHours(8)), new Note(Minutes(16.5), "New disk is ordered, comes this evening.")],
        },
        new()
        {
            Ago = Back(0, 0, 4),
            Alerts = [new("grafana", "CheckoutErrors", "Checkout error rate 9 % (limit 2 %)", "critical", "checkout", "eu-central")
            {
                Description = "5xx of the checkout service over 5 minutes. Runbook: check the payment gateway, then the last deploy.",
            }],
        },
    ];

    private static TimeSpan Back(int days, int hours, int minutes) => new(days, hours, minutes, 0);

    private static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);
}
