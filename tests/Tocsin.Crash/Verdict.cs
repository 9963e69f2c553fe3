using System.Text.Json;

namespace Tocsin.Crash;

/// <summary>Compares what was promised with what stands in the store and what was received.</summary>
internal static class Verdict
{
    /// <param name="freezes">Every other life, a node stands still: what it had begun to send is sent by another node, and by itself when it goes on.</param>
    /// <returns>The broken promises by name; a promise that was kept has none.</returns>
    public static IReadOnlyList<(string Promise, IReadOnlyList<string> Broken)> Of(
        Ledger ledger, IReadOnlyList<JsonElement> alerts, IReadOnlyList<JsonElement> incidents, IReadOnlyList<JsonElement> pages, bool freezes) =>
    [
        ("each alert that was answered with 2xx is listed", Missing(ledger, alerts)),
        ("each of them is in exactly one incident", NotInOneIncident(ledger, alerts)),
        ("each incident that is open was paged", Unpaged(ledger, incidents)),
        ("20 s after the last start no page is queued", Queued(pages)),
        ("each page that is recorded as sent has arrived", NeverArrived(ledger, pages)),
        ("no key comes twice without a fault between", Twice(ledger, freezes)),
        ("no incident has two keys for one recipient", TwoKeys(pages)),
    ];

    /// <summary>Alerts that were answered with 2xx and whose page has not come.</summary>
    public static int Unheard(Ledger ledger)
    {
        var heard = ledger.Pages.SelectMany(p => Ledger.AlertsIn(p.Page.Body)).ToHashSet();
        return ledger.Acknowledged.Count(a => !heard.Contains(a));
    }

    /// <summary>Pages that were decided and not sent yet.</summary>
    public static IReadOnlyList<string> Queued(IReadOnlyList<JsonElement> pages) =>
        [.. pages.Where(p => Text(p, "status") == "queued").Select(p => $"incident {p.GetProperty("incident")}: {Text(p, "reason")}")];

    private static string[] Missing(Ledger ledger, IReadOnlyList<JsonElement> alerts)
    {
        var listed = alerts.SelectMany(a => Ledger.AlertsIn(a.GetRawText())).ToHashSet();
        return [.. ledger.Acknowledged.Where(a => !listed.Contains(a)).Select(a => $"alert {a}")];
    }

    private static string[] NotInOneIncident(Ledger ledger, IReadOnlyList<JsonElement> alerts)
    {
        var promised = ledger.Acknowledged.ToHashSet();
        return
        [
            .. alerts.Where(a => Ledger.AlertsIn(a.GetRawText()).Any(promised.Contains) && a.GetProperty("incidents").GetArrayLength() != 1)
                .Select(a => $"{Text(a, "title")}: {a.GetProperty("incidents")}"),
        ];
    }

    private static string[] Unpaged(Ledger ledger, IReadOnlyList<JsonElement> incidents)
    {
        var heard = ledger.Pages.SelectMany(p => Ledger.AlertsIn(p.Page.Body)).ToHashSet();
        return
        [
            .. incidents.Where(i => Text(i, "status") == "triggered" && !Ledger.AlertsIn(i.GetRawText()).Any(heard.Contains))
                .Select(i => $"incident {i.GetProperty("number")}: {Text(i, "title")}"),
        ];
    }

    private static string[] NeverArrived(Ledger ledger, IReadOnlyList<JsonElement> pages)
    {
        // A webhook's id is the page's key behind the prefix that its scheme asks for.
        var arrived = ledger.Pages.Select(p => p.Page.Key).ToHashSet();
        return [.. pages.Where(p => Text(p, "status") == "sent" && !arrived.Contains($"msg_{Text(p, "key")}")).Select(p => $"{Text(p, "key")} of incident {p.GetProperty("incident")}")];
    }

    private static string[] Twice(Ledger ledger, bool freezes) =>
    [
        .. ledger.Pages.GroupBy(p => (p.Life, p.Page.Key)).Where(g => g.Key.Key.Length == 0 || g.Count() > (freezes && g.Key.Life % 2 == 1 ? 2 : 1))
            .Select(g => $"{g.Count()} × '{g.Key.Key}' in life {g.Key.Life}"),
    ];

    private static string[] TwoKeys(IReadOnlyList<JsonElement> pages) =>
    [
        .. pages.Where(p => Text(p, "kind") == "page").GroupBy(p => (Incident: p.GetProperty("incident").GetInt64(), Recipient: Text(p, "recipient")))
            .Where(g => g.Count() > 1).Select(g => $"incident {g.Key.Incident}, {g.Key.Recipient}: {string.Join(" ", g.Select(p => Text(p, "key")))}"),
    ];

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value.GetString() : null;
}
