using System.CommandLine;
using System.Globalization;
using Tocsin.Cli;
using Tocsin.Estate;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Verbs;

/// <summary>Requests on their way through services.</summary>
internal static class TraceVerb
{
    private const int Usual = 50;
    private const int MostRows = 1_000;
    private const int MostIndent = 24;
    private const int Bar = 32;

    public static Command Create(Terminal terminal)
    {
        var id = new Argument<string?>("trace") { Description = "Instead of the list: this trace from top to bottom, by its id", HelpName = "ID", Arity = ArgumentArity.ZeroOrOne };
        var service = new Option<string?>("--service") { Description = "Only those in which this service took part", HelpName = "SERVICE" };
        var operation = new Option<string?>("--operation") { Description = "Only those that began so; with --service, whose part of it began so", HelpName = "NAME" };
        var errors = new Option<bool>("--errors") { Description = "Only those of which a span failed" };
        var longer = new Option<string?>("--longer-than") { Description = "Only those that took longer, such as 250ms", HelpName = "SPAN" };
        var order = new Option<string>("--order") { Description = "errors (those with errors first), newest or slowest. Default: errors", HelpName = "ORDER", DefaultValueFactory = _ => "errors" };
        order.AcceptOnlyFromAmong("errors", "newest", "slowest");
        var since = new Option<string>("--since") { Description = "From when, 2026-11-01T00:00 or RFC 3339, or how far back, such as 15m. Default: 1h", HelpName = "TIME", DefaultValueFactory = _ => "1h" };
        var until = new Option<string?>("--until") { Description = "Until when, likewise. Default: now", HelpName = "TIME" };
        var count = new Option<int>("--count", "-n") { Description = $"At most so many. Default: {Usual}", HelpName = "COUNT", DefaultValueFactory = _ => Usual };
        count.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var traces) && traces is < 1 or > TocsinClient.MaxPage)
            {
                result.AddError($"--count is 1 to {TocsinClient.MaxPage}.");
            }
        });
        var verb = new ClientVerb("traces", "Requests on their way through services: which there were, or one from top to bottom", terminal)
        {
            id, service, operation, errors, longer, order, since, until, count,
        };
        verb.Runs((parse, run, ct) => parse.GetValue(id) is { } trace
            ? ShowAsync(run, trace, ct)
            : ListAsync(
                run,
                new(
                    parse.GetValue(service), parse.GetValue(operation), Back(parse.GetValue(since)!, run), parse.GetValue(until) is { } end ? Back(end, run) : null, parse.GetValue(errors),
                    parse.GetValue(longer), parse.GetValue(order)!, parse.GetValue(count)),
                ct));
        return verb;
    }

    private static async Task<int> ListAsync(ClientRun run, TraceRequest request, CancellationToken ct)
    {
        var found = await run.Client.ListTracesAsync(request, ct);
        run.Show(found, WireJson.Default.TraceListView, () =>
        {
            var table = new Table("TRACE", "AT", "TOOK", "SPANS", "ERRORS", "SERVICE", "BEGAN WITH");
            foreach (var trace in found.Items)
            {
                table.Add(
                    trace.TraceId, Words.Absolute(trace.StartedAt, run.Terminal.Time), Took(trace.DurationMs), $"{trace.Spans}",
                    trace.FailedSpans > 0 ? new($"✗ {trace.FailedSpans}", Tone.Red) : new("none", Tone.Faint), trace.Service ?? "–", trace.Name);
            }

            if (found.Items.Count == 0)
            {
                run.Aside("no traces");
                return;
            }

            table.Write(run.Terminal);
            if (!found.Complete)
            {
                run.Aside("there are more: narrow the time, or ask for more with -n");
            }
        });
        return ExitCode.Ok;
    }

    private static async Task<int> ShowAsync(ClientRun run, string id, CancellationToken ct)
    {
        var trace = await run.Client.GetTraceAsync(id, ct);
        run.Show(trace, WireJson.Default.TraceView, () =>
        {
            var waterfall = Waterfall.Of(
                [.. trace.Spans.Select(static s => new WaterfallItem(s.SpanId, s.ParentId ?? "", s.StartedAt, TimeSpan.FromMilliseconds(Math.Min(s.DurationMs, 1e12)), s.Failed))], MostRows);
            run.Line($"{Plain.Line(trace.TraceId)}  {Words.Count(trace.Spans.Count, "span")} in {Took(trace.DurationMs)}, from {Words.Absolute(trace.StartedAt, run.Terminal.Time)}");
            foreach (var row in waterfall.Rows)
            {
                Write(run, trace, row);
            }

            if (waterfall.LeftOut > 0)
            {
                run.Aside($"{Words.Count(waterfall.LeftOut, "span")} left out: shown are those that failed and those that took longest, with what they belong to; --json has all");
            }
        });
        return ExitCode.Ok;
    }

    private static void Write(ClientRun run, TraceView trace, WaterfallRow row)
    {
        var span = trace.Spans[row.Index];
        var (from, to) = (Column((span.StartedAt - trace.StartedAt).TotalMilliseconds), Column((span.StartedAt - trace.StartedAt).TotalMilliseconds + span.DurationMs));
        var bar = $"{new string(' ', Math.Min(from, Bar - 1))}{new string('━', Math.Max(1, to - from))}".PadRight(Bar)[..Bar];
        var why = row.Place switch
        {
            WaterfallPlace.Orphan => "  (the span that it belongs to is not here)",
            WaterfallPlace.Circle => "  (what it belongs to belongs to it)",
            _ => "",
        };
        var more = row.LeftOut > 0 ? $"  + {row.LeftOut} beneath it" : "";
        var said = span.Failed ? $"  {run.Terminal.Paint(new($"✗ failed{(span.StatusText is { } text ? $": {Plain.Line(text)}" : "")}", Tone.Red))}" : "";
        run.Line($"{run.Terminal.Paint(new(bar, span.Failed ? Tone.Red : Tone.Faint))} {Took(span.DurationMs),9}  {new string(' ', 2 * Math.Min(row.Depth, MostIndent))}{Plain.Line(span.Service ?? "–")}  {Plain.Line(span.Name)}{said}{more}{why}");

        int Column(double ms) => trace.DurationMs > 0 ? (int)Math.Clamp(Math.Round(ms / trace.DurationMs * Bar), 0, Bar) : 0;
    }

    private static string Took(double ms) => ms switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{ms * 1_000:0} µs"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{ms:0.#} ms"),
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{ms:0} ms"),
        < 60_000 => string.Create(CultureInfo.InvariantCulture, $"{ms / 1_000:0.##} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(ms / 60_000):0} min {ms % 60_000 / 1_000:0} s"),
    };

    /// <summary>A point in time, or how long ago.</summary>
    private static DateTimeOffset Back(string text, ClientRun run) => DurationText.TryParse(text, out var span) ? run.Now - span : Times.Given(text, run.Terminal)!.Value;
}
