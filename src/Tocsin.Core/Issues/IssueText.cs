using System.Globalization;
using System.Text;
using Tocsin.Alerts;
using Tocsin.OnCall;

namespace Tocsin.Issues;

/// <summary>What issues and their comments say. What senders wrote is shown as they wrote it, and does nothing.</summary>
public static class IssueText
{
    /// <summary>The longest that GitHub takes.</summary>
    public const int TitleMax = 256;

    /// <summary>The longest that GitHub takes.</summary>
    public const int LabelMax = 50;

    public const string AreaLabel = "area:alerting";

    public static string Title(CanonicalEvent e) => IssueMarkdown.Cut($"[P{e.Priority}] {IssueMarkdown.Plain(e.Title)}", TitleMax);

    /// <summary>In the order in which an issue shows them.</summary>
    public static IReadOnlyList<string> Labels(CanonicalEvent e) =>
        [.. Enumerable.Distinct<string>([AreaLabel, $"Pri:P{e.Priority}", .. e.Teams.Select(TeamLabel), Label($"Source:{e.Source}")], StringComparer.OrdinalIgnoreCase)];

    public static string TeamLabel(string team) => Label($"Team:{team}");

    /// <param name="zone">A known IANA zone id; times are shown in it.</param>
    /// <param name="incident">The address of the incident that the alarm belongs to; null: none.</param>
    /// <param name="mark">By which the issue is found again.</param>
    /// <param name="correlation">The name of the request that the event came with: it stands where nobody sees it. Null: none.</param>
    public static string Body(CanonicalEvent e, string zone, string? incident, string mark, string? correlation = null)
    {
        var body = new StringBuilder();
        if (e.Summary is { Length: > 0 } summary)
        {
            body.Append($"**{IssueMarkdown.Line(summary)}**\n\n");
        }

        body.Append("**Alert Details**\n");
        Line("Occurred At", Time(e.OccurredAt, zone));
        Line("State", Word(e.State));
        Line(e.Teams.Count == 1 ? "Team" : "Teams", string.Join(", ", e.Teams.Select(IssueMarkdown.Line)));
        Line("Priority", $"P{e.Priority}");
        Line("Description", e.Description is { Length: > 0 } description ? IssueMarkdown.Block(description) : null);
        Line("Reason", e.Reason is { Length: > 0 } reason ? IssueMarkdown.Line(reason) : null);
        Line("Runbook", IssueMarkdown.Url(e.RunbookUrl));
        Line("Dashboard", IssueMarkdown.Url(e.DashboardUrl));
        Line("View Alert", IssueMarkdown.Url(e.SourceUrl));
        Line("Silence Alert", IssueMarkdown.Url(e.SilenceUrl));
        Line("Source", IssueMarkdown.Line(e.Source));
        Line("Fingerprint", $"`{e.Fingerprint}`");
        Line("Incident", incident);
        body.Append('\n');
        if (correlation is not null)
        {
            body.Append($"<!-- correlation {correlation} -->\n");
        }

        return body.Append($"{mark}\n").ToString();

        void Line(string name, string? text)
        {
            if (!string.IsNullOrEmpty(text))
            {
                body.Append($"- *{name}*: {text}\n");
            }
        }
    }

    /// <param name="updates">How many events it stands for.</param>
    public static string Comment(CanonicalEvent e, int updates, string zone, string mark)
    {
        var text = new StringBuilder("**Alert Update**\n\n");
        text.Append($"- **State**: {Word(e.State)}\n- **Occurred At**: {Time(e.OccurredAt, zone)}\n");
        if (e.Reason is { Length: > 0 } reason)
        {
            text.Append($"- **Reason**: {IssueMarkdown.Line(reason)}\n");
        }

        if (updates > 1)
        {
            text.Append(CultureInfo.InvariantCulture, $"- **Updates**: {updates} since the last comment; this is the newest\n");
        }

        return text.Append($"\nThe alert condition is still active.\n\n**Fingerprint**: `{e.Fingerprint}`\n\n{mark}\n").ToString();
    }

    /// <summary>Such as <c>Sep 3, 12:10pm PDT</c>: the day, the time and the name of the time that the zone's clocks show then.</summary>
    public static string Time(DateTimeOffset at, string zone)
    {
        var (local, name) = ZoneRules.Local(zone, at);
        return $"{local.ToString("MMM d, h:mm", CultureInfo.InvariantCulture)}{(local.Hour < 12 ? "am" : "pm")} {name}";
    }

    private static string Word(CanonicalState state) => state == CanonicalState.Firing ? "FIRING" : "RESOLVED";

    private static string Label(string text) => IssueMarkdown.Cut(text, LabelMax);
}
