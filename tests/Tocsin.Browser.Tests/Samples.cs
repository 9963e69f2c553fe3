using System.Text.Json;
using Tocsin.Audit;
using Tocsin.Pages;
using Tocsin.Sdk;

namespace Tocsin.Browser.Tests;

/// <summary>Records as the services would give them, for pages that are looked at without any service.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 20, 2, 3, 11, TimeSpan.Zero);

    private static readonly Dictionary<string, string> s_people = new(StringComparer.Ordinal)
    {
        ["ana"] = "Ana Costa",
        ["bo"] = "Bo Lindqvist",
        ["chen"] = "Chen Wei",
        ["dee"] = "Dee Okafor",
    };

    public static Frame Frame { get; } = new()
    {
        User = "ana",
        Role = "owner",
        Workspace = "acme",
        Clock = Clock.In("Europe/Berlin", Now),
        Waiting = 2,
        OnCall = [new("payments", ["ana"], Now.AddDays(3)), new("platform", ["chen"], Now.AddHours(7))],
        Estate = new(112, null),
        Seq = 4711,
        People = s_people,
    };

    public static Incident Checkout { get; } = new()
    {
        Number = 1042,
        Status = "triggered",
        Title = "Checkout error rate 12 % (limit 2 %)",
        Description = "More than **2 %** of requests to `checkout` fail since the last deploy.\n\n- card payments: 94 % of the failures\n- see [the dashboard](https://grafana.example.test/d/checkout)",
        Severity = "critical",
        Urgency = "high",
        Service = "checkout",
        Environment = "prod",
        Route = "payments-critical",
        Policy = "payments",
        GroupLabels = new Dictionary<string, string> { ["alertname"] = "HighErrorRate", ["service"] = "checkout" },
        CreatedAt = Now.AddMinutes(-4),
        UpdatedAt = Now,
        AlertCount = 14,
        FiringCount = 13,
        Escalation = "paging",
        Step = 1,
        Steps = 3,
        Round = 1,
        Rounds = 2,
        NextAt = Now.AddSeconds(171),
        Paging = ["ana"],
        Next = ["bo"],
    };

    public static Incident Queue { get; } = Checkout with
    {
        Number = 1041,
        Status = "acknowledged",
        Title = "Queue lag 9 min on orders-consumer",
        Severity = "high",
        Service = "orders",
        CreatedAt = Now.AddMinutes(-31),
        AcknowledgedAt = Now.AddMinutes(-22),
        AcknowledgedBy = "user:bo",
        AlertCount = 1,
        FiringCount = 1,
        Escalation = "stopped",
        Paging = [],
        Next = [],
        NextAt = null,
    };

    public static Incident Disk { get; } = Checkout with
    {
        Number = 1039,
        Title = "Disk 83 % on db-2, and growing by 1.4 GB an hour since the nightly import began",
        Severity = "warning",
        Urgency = "low",
        Service = "db",
        CreatedAt = Now.AddHours(-1),
        AlertCount = 1,
        FiringCount = 1,
        Escalation = "exhausted",
        Paging = [],
        Next = [],
        NextAt = null,
    };

    public static Incident Snoozed { get; } = Queue with
    {
        Number = 1033,
        Status = "snoozed",
        Title = "Certificate of api.acme.example ends in 6 days",
        Severity = "warning",
        Service = "edge",
        SnoozedUntil = Now.AddHours(6),
    };

    public static Incident Resolved { get; } = Queue with
    {
        Number = 1038,
        Status = "resolved",
        Title = "Login latency p99 4.2 s",
        Service = "auth",
        ResolvedAt = Now.AddMinutes(-50),
        ResolvedBy = "user:ana",
        CreatedAt = Now.AddMinutes(-92),
        FiringCount = 0,
    };

    public static Incident Nobody { get; } = Checkout with
    {
        Number = 1040,
        Title = "Payment provider answers 503 to every second call",
        CreatedAt = Now.AddMinutes(-41),
        Escalation = "exhausted",
        Paging = [],
        Next = [],
        NextAt = null,
        AlertCount = 3,
        FiringCount = 3,
    };

    public static InboxModel Inbox { get; } = InboxModel.Of(
        "all", InboxFilter.All, [Checkout, Queue, Disk, Snoozed, Nobody], [Resolved, Resolved with { Number = 1037, Title = "Cache hit rate below 60 %" }], _ => true);

    public static Alert Alert(long id, string title, string status) => new()
    {
        Id = id,
        Source = "prometheus-eu",
        DedupKey = $"k{id}",
        Status = status,
        Title = title,
        Description = "error_rate now **12.1 %**, limit 2 %",
        Severity = "critical",
        Service = "checkout",
        Environment = "prod",
        Labels = new Dictionary<string, string>
        {
            ["alertname"] = "HighErrorRate",
            ["env"] = "prod",
            ["service"] = "checkout",
            ["region"] = "eu-west-1",
            ["pod"] = $"checkout-7d9f4b6c8-x2x{id}q",
        },
        Annotations = new Dictionary<string, string> { ["runbook_url"] = "https://wiki.example.test/runbooks/checkout-errors", ["value"] = "0.121" },
        Links = [new("Grafana", "https://grafana.example.test/d/checkout"), new("evil", "javascript:alert(1)")],
        StartedAt = Now.AddMinutes(-4),
        EndedAt = status == "resolved" ? Now.AddMinutes(-1) : null,
        UpdatedAt = Now,
        Incidents = [1042],
    };

    public static IReadOnlyList<PageView> Pages { get; } =
    [
        Page(1, "ana", "user", "phone", "ntfy", "sent", -3.9) with { SentAt = Now.AddMinutes(-3.9), Because = "payments-primary, rotation weekly (step 1 of 3)" },
        Page(2, "ana", "user", "mail", "email", "queued", 0.1) with { Because = "payments-primary, rotation weekly (step 1 of 3)" },
        Page(3, "ops", "channel", "ops", "slack", "failed", -3.8) with { Attempts = 3, Reason = "Slack answered 404: no_service. Tried the next method at once.", Because = "channel:ops (step 1 of 3)" },
    ];

    /// <summary>Lines of all sorts for the Live page, newest first; one is as long as senders can make it.</summary>
    public static IReadOnlyList<EventView> Lines { get; } =
    [
        new(4711, Now, "stream.alert", "stream/payments", "key:ci", "Card gateway answers 503",
            JsonSerializer.Deserialize<JsonElement>("""{"data":{"message":"Card gateway answers 503","level":"error","metadata":{"env":"prod","host":"pay-7d9f4b6c8-x2x1q","attempt":3}},"received_at":"2026-11-20T02:03:11Z"}""")),
        new(4710, Now.AddSeconds(-4), "stream.alert", "stream/default", "key:cron", "backup took 41 min",
            JsonSerializer.Deserialize<JsonElement>("""{"data":{"message":"backup took 41 min","level":"warn"},"received_at":"2026-11-20T02:03:07Z"}""")),
        new(4709, Now.AddSeconds(-9), "stream.alert", "stream/default", "key:cron", "", JsonSerializer.Deserialize<JsonElement>("""{"data":{},"received_at":"2026-11-20T02:03:02Z"}""")),
        new(4708, Now.AddSeconds(-20), "page.failed", "incident/1042", "system", "to ana by phone: 503 from the provider", null),
        new(4707, Now.AddSeconds(-21), "incident.paging", "incident/1042", "system", "paging ana", null),
        new(4706, Now.AddSeconds(-22), "incident.triggered", "incident/1042", "source:grafana", "checkout/critical", null),
        new(4705, Now.AddMinutes(-8), "incident.acknowledged", "incident/1041", "user:bo", "acknowledged by bo", null),
        new(4704, Now.AddMinutes(-9), "silence.saved", "silence/a1", "user:bo", "service=\"db\" until 04:00: Nightly import, known to fill the disk", null),
        new(4703, Now.AddHours(-6), "estate.refused", "estate", "system",
            "java.lang.IllegalStateException at com.acme.payments.checkout.CardTokeniser$RetryingTokeniser.tokeniseOrFallBack(CardTokeniser.java:214)", null),
    ];

    public static IReadOnlyList<EventView> Timeline { get; } =
    [
        Event(1, -4.1, "alert.firing", "source:prometheus-eu", "HighErrorRate on checkout-7d9f4b6c8-x2x1q began to fire"),
        Event(2, -4, "incident.triggered", "system", "Opened by route payments-critical with policy payments: critical, high urgency"),
        Event(3, -4, "escalation.step", "system", "Step 1 of 3: schedule payments-primary is Ana (rotation weekly, until Mon 09:00) and channel ops"),
        Event(4, -3.9, "page.sent", "system", "ntfy took the page to Ana by phone: 200, id 8Hc2"),
        Event(5, -3.8, "page.failed", "system", "Slack refused the page to ops: 404 no_service; no retry, the next method at once"),
        Event(6, -2.5, "alert.firing", "source:prometheus-eu", "12 more alerts joined: HighErrorRate on checkout-7d9f4b6c8-x2x2q and others"),
        Event(7, -1.2, "incident.note", "user:bo", "Looking at the card tokeniser; the deploy of 02:51 touched it."),
    ];

    public static IncidentDetail Detail { get; } = new(
        Checkout, [Alert(1, "HighErrorRate checkout-7d9f4b6c8-x2x1q", "firing"), Alert(2, "HighErrorRate checkout-7d9f4b6c8-x2x2q", "firing"), Alert(3, "HighLatency checkout", "resolved")],
        Pages, Timeline);

    public static Explanation Explanation { get; } = new(
        Recorded: true,
        [
            new("root", 0, "matched", "takes everything"),
            new("platform", 1, "failed", "team=\"platform\" does not hold: team is \"payments\""),
            new("payments-critical", 1, "matched", "service=~\"checkout|payments\", severity=\"critical\""),
            new("catch-all", 1, "not_reached", "payments-critical does not continue"),
        ],
        [
            new("payments-critical", "payments", "high", "checkout", Checkout.GroupLabels, null,
            [
                new(1, 1, 0, "schedule:payments-primary", [new("ana", "phone", "ntfy", 0), new("ana", "mail", "email", 120)], "rotation weekly; no override"),
                new(2, 1, 300, "user:bo", [new("bo", "phone", "ntfy", 300)], "nobody has acknowledged"),
                new(3, 1, 900, "team:night", [], "team night has no members"),
            ]),
        ],
        null,
        ["Bo Lindqvist has one contact method only. If it fails, step 2 reaches nobody."]);

    public static SourceView Source(string name, DateTimeOffset? last, long unparsed = 0) => new(
        name, "grafana", $"https://tocsin.acme.example/in/grafana/src_9fK2mQ7xY4bT1vN8", last, last is null ? 0 : 1284, unparsed,
        """
        apiVersion: 1
        contactPoints:
          - orgId: 1
            name: tocsin
            receivers:
              - uid: tocsin
                type: webhook
                settings:
                  url: https://tocsin.acme.example/in/grafana/src_9fK2mQ7xY4bT1vN8
        """);

    public static IReadOnlyList<DeliveryView> Deliveries { get; } =
    [
        new(91, "grafana", Now.AddSeconds(-12), "accepted", 3, 0, null, """{"receiver":"tocsin","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"HighErrorRate"}}]}"""),
        new(90, "grafana", Now.AddMinutes(-2), "duplicate", 3, 0, null, "{}"),
        new(89, "grafana", Now.AddMinutes(-9), "partial", 2, 1, "alerts[1].labels is not an object; that alert was left out.", "{}"),
        new(88, "grafana", Now.AddHours(-1), "unparsed", 0, 0, "Not a Grafana webhook body: 'h' is an invalid start of a value at line 0, byte 1.", "<html>"),
    ];

    public static UserLine Ana { get; } = new(
        "ana", "Ana Costa", "owner", "ana@acme.example", "Europe/Berlin", false, ["payments"],
        [new("phone", "ntfy", "https://ntfy.sh/…", new(true, "200 OK, id 8Hc2", Now.AddMinutes(-1)), "good", "worked on 18 Nov 2026 (test)", false), new("mail", "email", "ana@acme.example", null, "never", "never confirmed, test of 20 Nov 2026 not answered", true)], null);

    public static UserLine Bo { get; } = new(
        "bo", "Bo Lindqvist", "responder", "bo@acme.example", "America/New_York", false, ["payments", "platform"],
        [new("hook", "webhook", "https://hooks.acme.example/bo", new(false, "The connection to hooks.acme.example:443 was refused.", Now.AddSeconds(-3)), "stale", "not confirmed since 3 Jun 2026", false)],
        "Nobody can reach bo by phone: no contact method rings one. One contact method only: if it fails, nobody is woken.");

    private static PageView Page(long id, string recipient, string kind, string method, string type, string status, double minutes) => new()
    {
        Id = id,
        Incident = 1042,
        Kind = "page",
        Recipient = recipient,
        RecipientKind = kind,
        Method = method,
        Type = type,
        Step = 1,
        Round = 1,
        Key = "m1",
        Status = status,
        Attempts = 1,
        CreatedAt = Now.AddMinutes(-4),
        DueAt = Now.AddMinutes(minutes),
    };

    private static EventView Event(long seq, double minutes, string kind, string actor, string reason) =>
        new(seq, Now.AddMinutes(minutes), kind, "incident/1042", actor, reason, JsonSerializer.SerializeToElement(new { seq }));

    public static AuditLink Entry(long seq, string actor, string action, string subject, string result, string detail) =>
        new AuditLink(1, seq, Now.AddMinutes(seq - 1210), actor, action, subject, result, actor == "files" ? "" : "2001:db8:85a3::8a2e:370:7334", detail, "", AuditLink.Genesis, "").Sealed();
}
