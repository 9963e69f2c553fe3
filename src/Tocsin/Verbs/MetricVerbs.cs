using System.CommandLine;
using System.Globalization;
using Tocsin.Cli;
using Tocsin.Estate;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>What services measure.</summary>
internal static class MetricVerbs
{
    private const string Usual = "1h";
    private const int UsualWidth = 80;

    public static Command Create(Terminal terminal)
    {
        var verb = new Command("metrics", "What services measure: which series there are, and how they went");
        verb.Subcommands.Add(CreateList(terminal));
        verb.Subcommands.Add(CreateQuery(terminal));
        return verb;
    }

    private static ClientVerb CreateList(Terminal terminal)
    {
        var name = new Option<string?>("--name") { Description = "Only of this metric", HelpName = "METRIC" };
        var service = new Option<string?>("--service") { Description = "Only of this service", HelpName = "SERVICE" };
        var verb = new ClientVerb("list", "Which series there are", terminal) { name, service };
        verb.Runs(async (parse, run, ct) =>
        {
            var found = await run.Client.ListMetricsAsync(parse.GetValue(name), parse.GetValue(service), TocsinClient.MaxPage, ct);
            run.Show(found, WireJson.Default.MetricListView, () => Write(run, found));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb CreateQuery(Terminal terminal)
    {
        var name = new Argument<string>("metric") { Description = "The metric, as `metrics list` shows it", HelpName = "METRIC" };
        var service = new Option<string?>("--service") { Description = "Only of this service", HelpName = "SERVICE" };
        var tags = new Option<string?>("--tags") { Description = "Only series with these tags, such as '{host=\"a\"}'", HelpName = "MATCHERS" };
        var last = new Option<string>("--last", "-l") { Description = $"How far back from now, such as 2d or 30m. Default: {Usual}", HelpName = "SPAN", DefaultValueFactory = _ => Usual };
        var from = new Option<string?>("--from") { Description = "Instead: from when, 2026-11-01T00:00 or RFC 3339", HelpName = "TIME" };
        var to = new Option<string?>("--to") { Description = "Until when. Default: now", HelpName = "TIME" };
        var step = new Option<string?>("--step") { Description = "How long each value stands for, such as 30s. Default: what makes at most 240 values", HelpName = "SPAN" };
        var how = new Option<string>("--how") { Description = "How the samples of a step become one value. Default: avg", HelpName = "HOW", DefaultValueFactory = _ => "avg" };
        how.AcceptOnlyFromAmong("avg", "min", "max", "sum", "last", "count", "rate", "p50", "p95", "p99", "raw");
        var verb = new ClientVerb("query", "How a metric went over time, a line for each series", terminal) { name, service, tags, last, from, to, step, how };
        verb.Runs(async (parse, run, ct) =>
        {
            var end = Times.Given(parse.GetValue(to), terminal) ?? terminal.Now;
            var begin = Times.Given(parse.GetValue(from), terminal) ?? end - SpanOf(parse.GetValue(last)!);
            var answer = await run.Client.QueryMetricsAsync(
                new(parse.GetValue(name)!, parse.GetValue(service), parse.GetValue(tags), begin, end, Times.Span(parse.GetValue(step)), parse.GetValue(how)!), ct);
            run.Show(answer, WireJson.Default.MetricQueryView, () => Write(run, answer));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static void Write(ClientRun run, MetricListView found)
    {
        if (found.Items.Count == 0)
        {
            run.Line("No series.");
            return;
        }

        var table = new Table("METRIC", "SERVICE", "TAGS", "UNIT", "KIND", "LAST SEEN");
        foreach (var series in found.Items)
        {
            table.Add(series.Name, series.Service ?? "", Words.Labels(series.Tags), series.Unit ?? "", series.Kind, Words.Relative(series.LastAt, run.Now));
        }

        table.Write(run.Terminal);
        if (!found.Complete)
        {
            run.Aside("there are more: --name or --service says which");
        }
    }

    private static void Write(ClientRun run, MetricQueryView answer)
    {
        var zone = run.Terminal.Time;
        run.Aside($"{answer.How}, {Words.Absolute(answer.From, zone)} to {Words.Absolute(answer.To, zone)}{(answer.StepSeconds > 0 ? $", each value {Words.Span(TimeSpan.FromSeconds(answer.StepSeconds))}" : "")}");
        if (answer.Series.Count == 0)
        {
            run.Line("No series.");
            return;
        }

        foreach (var line in answer.Series)
        {
            var unit = line.Series.Unit is { } given ? $" {Plain.Line(given)}" : "";
            run.Line($"{Plain.Line(line.Series.Service ?? "no service")}  {Plain.Line(Words.Labels(line.Series.Tags))}".TrimEnd());
            if (line.Points.Count == 0)
            {
                run.Line("  no samples");
                continue;
            }

            var values = line.Points.Select(static p => p.Value).ToArray();
            run.Line($"  {Sparkline.Draw(Columns(answer, line.Points), Math.Max(1, (run.Terminal.Width ?? UsualWidth) - 2))}");
            run.Line($"  min {Number(values.Min())}{unit}, max {Number(values.Max())}{unit}, last {Number(values[^1])}{unit} ({Words.Relative(line.Points[^1].At, run.Now)})");
        }

        if (!answer.Complete)
        {
            run.Aside("there is more: --service or --tags says which, --last how far back");
        }
    }

    /// <summary>The values of all steps, also of those without samples; samples as they are.</summary>
    private static double?[] Columns(MetricQueryView answer, IReadOnlyList<MetricPointView> points)
    {
        if (answer.StepSeconds <= 0)
        {
            return [.. points.Select(static p => (double?)p.Value)];
        }

        var step = TimeSpan.FromSeconds(answer.StepSeconds);
        var values = new double?[(int)((points[^1].At - points[0].At) / step) + 1];
        foreach (var point in points)
        {
            values[(int)((point.At - points[0].At) / step)] = point.Value;
        }

        return values;
    }

    private static TimeSpan SpanOf(string text) => DurationText.TryParse(text, out var span) && span > TimeSpan.Zero
        ? span
        : throw new CliException(ExitCode.Usage, $"'{text}' is not a span of time", "write 30m, 2h or 7d");

    private static string Number(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
}
