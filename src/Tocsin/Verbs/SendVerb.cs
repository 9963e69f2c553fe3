using System.CommandLine;
using System.Net;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>A test alert, from a shell or a cron job.</summary>
internal static class SendVerb
{
    public static Command Create(Terminal terminal)
    {
        var title = new Option<string>("--title") { Description = "What is wrong, in one line", HelpName = "TEXT", Required = true };
        var severity = new Option<string>("--severity") { Description = "How bad it is", DefaultValueFactory = _ => "high" };
        severity.AcceptOnlyFromAmong("critical", "high", "warning", "info");
        var labels = LabelOption.Create("A label, for routing; repeat it");
        var description = new Option<string?>("--description") { Description = "More about it", HelpName = "TEXT" };
        var resolve = new Option<bool>("--resolve") { Description = "It is over: ends the alert that the same title, severity and labels began" };
        var sourceKey = new Option<string?>("--source-key")
        {
            Description = "The key of a generic source. Without it the alert goes in by the Alertmanager API with the API key",
            HelpName = "KEY",
        };
        var verb = new ClientVerb("send", "Send an alert, or the end of one", terminal) { title, severity, labels, description, resolve, sourceKey };
        verb.Runs(async (parse, run, ct) =>
        {
            var alert = new AlertEvent
            {
                Title = parse.GetValue(title)!,
                Status = parse.GetValue(resolve) ? "resolved" : "firing",
                DedupKey = "",
                Severity = parse.GetValue(severity),
                Description = parse.GetValue(description),
                Labels = parse.GetValue(labels) ?? [],
                EndedAt = parse.GetValue(resolve) ? run.Now : null,
            };
            var postable = AsPostable(alert);
            alert = alert with { DedupKey = KeyOf(postable) };
            if (parse.GetValue(sourceKey) is { } key)
            {
                await DeliverAsync(run, key, alert, ct);
            }
            else
            {
                await run.Client.PostAlertsAsync([postable], ct);
            }

            run.Show(alert, IngestJson.Default.AlertEvent, () => run.Line(
                $"sent: {run.Terminal.Paint(Words.Severity(alert.Severity!))}  {run.Terminal.Paint(Words.Status(alert.Status))}  {Plain.Line(alert.Title)}"));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static async Task DeliverAsync(ClientRun run, string sourceKey, AlertEvent alert, CancellationToken ct)
    {
        try
        {
            await run.Client.SendAlertAsync(sourceKey, alert, ct);
        }
        catch (TocsinException e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            throw new CliException(ExitCode.Refused, "no source of this server has this key", "--source-key wants the key of a source of type generic, as the estate gives it");
        }
    }

    private static PostableAlert AsPostable(AlertEvent alert)
    {
        var labels = new Dictionary<string, string>(alert.Labels, StringComparer.Ordinal);
        labels.TryAdd("alertname", alert.Title);
        labels.TryAdd("severity", alert.Severity!);
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["summary"] = alert.Title };
        if (alert.Description is { } description)
        {
            annotations["description"] = description;
        }

        return new(labels, annotations, alert.StartedAt, alert.EndedAt);
    }

    /// <summary>The same identity on both ways in: the labels, title and severity among them.</summary>
    private static string KeyOf(PostableAlert alert)
    {
        var text = Words.Labels(alert.Labels);
        return text.Length <= 200 ? text : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
    }
}
