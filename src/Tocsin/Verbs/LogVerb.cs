using System.CommandLine;
using System.Globalization;
using Tocsin.Cli;
using Tocsin.Estate;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>What services write.</summary>
internal static class LogVerb
{
    private const int Usual = 100;
    private const int Most = 10_000;

    public static Command Create(Terminal terminal)
    {
        var text = new Argument<string?>("words") { Description = "Words of which all must occur, \"a phrase\", -word that must not occur, start*, *part* of a word, /regular expression/; as one argument. Parts and patterns read every line that nothing else excludes", HelpName = "WORDS", Arity = ArgumentArity.ZeroOrOne };
        var service = new Option<string?>("--service") { Description = "Only of this service", HelpName = "SERVICE" };
        var level = new Option<string?>("--level") { Description = "Only lines at least so bad", HelpName = "LEVEL" };
        level.AcceptOnlyFromAmong("debug", "info", "warning", "error", "critical");
        var environment = new Option<string?>("--environment") { Description = "Only of this environment", HelpName = "NAME" };
        var trace = new Option<string?>("--trace") { Description = "Only of this request, by its trace id", HelpName = "ID" };
        var template = new Option<long?>("--template") { Description = "Only lines of this kind, by its number in --templates", HelpName = "N" };
        var since = new Option<string>("--since") { Description = "From when, 2026-11-01T00:00 or RFC 3339, or how far back, such as 15m. Default: 1h", HelpName = "TIME", DefaultValueFactory = _ => "1h" };
        var until = new Option<string?>("--until") { Description = "Until when, likewise. Default: now", HelpName = "TIME" };
        var count = new Option<int>("--count", "-n") { Description = $"The newest so many lines. Default: {Usual}", HelpName = "COUNT", DefaultValueFactory = _ => Usual };
        count.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var lines) && lines is < 1 or > Most)
            {
                result.AddError($"--count is 1 to {Most}.");
            }
        });
        var follow = new Option<bool>("--follow", "-f") { Description = "Instead: lines as they come, until Ctrl+C" };
        var templates = new Option<bool>("--templates") { Description = "Instead: the kinds of lines, those with the most lines first" };
        var verb = new ClientVerb("logs", "Search logs, follow them, or see which kinds of lines there are", terminal)
        {
            text, service, level, environment, trace, template, since, until, count, follow, templates,
        };
        verb.Validators.Add(result =>
        {
            if (result.GetValue(follow) && result.GetValue(templates))
            {
                result.AddError("--follow and --templates exclude each other.");
            }
        });
        verb.Runs((parse, run, ct) =>
        {
            if (parse.GetValue(templates))
            {
                return ListTemplatesAsync(run, parse.GetValue(service), ct);
            }

            var request = new LogRequest(
                parse.GetValue(text), parse.GetValue(level), parse.GetValue(service), Environment: parse.GetValue(environment), TraceId: parse.GetValue(trace), Template: parse.GetValue(template));
            return parse.GetValue(follow)
                ? FollowAsync(run, request, ct)
                : SearchAsync(run, request with { From = Back(parse.GetValue(since)!, run), To = parse.GetValue(until) is { } end ? Back(end, run) : null }, parse.GetValue(count), ct);
        });
        return verb;
    }

    private static async Task<int> SearchAsync(ClientRun run, LogRequest request, int count, CancellationToken ct)
    {
        List<LogLineView> lines = [];
        string? next = null;
        do
        {
            // A search that took too long says where it goes on.
            var page = await run.Client.SearchLogsAsync(request, Math.Min(TocsinClient.MaxLines, count - lines.Count), next, ct);
            lines.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null && lines.Count < count);

        run.Show(new LogPageView(lines, next, next is null), WireJson.Default.LogPageView, () =>
        {
            foreach (var line in lines.AsEnumerable().Reverse())
            {
                Write(run, line);
            }

            if (lines.Count == 0)
            {
                run.Aside("no lines");
            }
            else if (next is not null)
            {
                run.Aside("there are earlier ones: -n asks for more of them");
            }
        });
        return ExitCode.Ok;
    }

    private static async Task<int> FollowAsync(ClientRun run, LogRequest request, CancellationToken ct)
    {
        await foreach (var line in run.Client.TailLogsAsync(request, new StreamTeller(run.Terminal).Tell, ct))
        {
            if (run.Json)
            {
                JsonOutput.WriteLine(run.Terminal.Out, line, WireJson.Default.LogLineView);
            }
            else
            {
                Write(run, line);
            }
        }

        return ExitCode.Ok;
    }

    private static async Task<int> ListTemplatesAsync(ClientRun run, string? service, CancellationToken ct)
    {
        var found = await run.Client.ListLogTemplatesAsync(service, ct);
        run.Show(found, WireJson.Default.PageLogTemplateView, () =>
        {
            var table = new Table("TEMPLATE", "LINES", "LEVEL", "SERVICE", "LAST SEEN", "PATTERN");
            foreach (var template in found.Items)
            {
                table.Add($"{template.Id}", $"{template.Count}", template.Level, template.Service ?? "", Words.Relative(template.LastSeenAt, run.Now), template.Pattern);
            }

            table.Write(run.Terminal);
        });
        return ExitCode.Ok;
    }

    private static void Write(ClientRun run, LogLineView line)
    {
        var at = TimeZoneInfo.ConvertTime(line.At, run.Terminal.Time.LocalTimeZone).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var text = Plain.Block(line.Message).TrimEnd('\n').Replace("\n", "\n    ", StringComparison.Ordinal);
        run.Line($"{run.Terminal.Paint(new(at, Tone.Faint))}  {run.Terminal.Paint(Level(line.Level))}  {Plain.Line(line.Service ?? "–")}  {text}");
    }

    private static Cell Level(string level) => level switch
    {
        "critical" => new("◆ CRITICAL", Tone.Red),
        "error" => new("✗ ERROR   ", Tone.Red),
        "warning" => new("○ WARNING ", Tone.Yellow),
        "debug" => new("· DEBUG   ", Tone.Faint),
        _ => new("i INFO    "),
    };

    /// <summary>A point in time, or how long ago.</summary>
    private static DateTimeOffset Back(string text, ClientRun run) => DurationText.TryParse(text, out var span) ? run.Now - span : Times.Given(text, run.Terminal)!.Value;
}
