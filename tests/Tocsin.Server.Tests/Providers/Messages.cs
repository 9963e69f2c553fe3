using Tocsin.Alerts;
using Tocsin.Notify;
using Tocsin.Routing;

namespace Tocsin.Tests.Providers;

/// <summary>One incident at 02:58, told at 03:02: checkout in prod, critical, first step of three.</summary>
internal static class Messages
{
    public const string Key = "Zm9vYmFyYmF6cXV4MTIzNA";

    public static Message Page { get; } = new()
    {
        Kind = MessageKind.Page,
        Key = Key,
        Workspace = "acme",
        Incident = 1042,
        Title = "Checkout error rate 12 %",
        Description = "12 % of requests fail.\nThe limit is 2 %.",
        Severity = Severity.Critical,
        Urgency = Urgency.High,
        Status = "triggered",
        Service = "checkout",
        Environment = "prod",
        Labels = LabelSet.Of(("alertname", "HighErrorRate"), ("service", "checkout")),
        AlertCount = 3,
        StartedAt = new(2026, 1, 5, 2, 58, 0, TimeSpan.Zero),
        Now = new(2026, 1, 5, 3, 2, 0, TimeSpan.Zero),
        Recipient = "ana",
        Step = 1,
        Steps = 3,
        Round = 1,
        Because = "Payments primary, rotation weekly (step 1 of 3)",
        NextRecipient = "bo",
        NextAt = new(2026, 1, 5, 3, 4, 0, TimeSpan.Zero),
        Policy = "payments",
        IncidentUrl = new("https://tocsin.example/i/1042"),
        ActionUrl = new("https://tocsin.example/a/t0ken"),
    };

    public static Message Test { get; } = new()
    {
        Kind = MessageKind.Test,
        Key = Key,
        Workspace = "acme",
        Incident = 0,
        Title = "Test",
        Status = "test",
        Now = Page.Now,
        Recipient = "ana",
    };

    public static ContactMethod Method(string type, params (string Key, string Value)[] settings) =>
        new("phone", type, settings.ToDictionary(setting => setting.Key, setting => setting.Value));
}
