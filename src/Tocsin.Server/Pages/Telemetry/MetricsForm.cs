using Microsoft.AspNetCore.Http;
using Tocsin.Estate;
using Tocsin.Routing;

namespace Tocsin.Pages;

/// <summary>
/// One choice of series: <c>avg(cpu_percent){service="checkout", host=~"a.*"}</c>. The tag <c>service</c> stands for the series' own service where it is one
/// equal condition; what else is in the braces are conditions on tags.
/// </summary>
/// <param name="How">How values of one step become one: avg, min, max, sum, last, count, rate, p50, p95 or p99.</param>
public sealed record SeriesPick(string How, string Name)
{
    public static readonly IReadOnlyList<(string How, string Text)> Ways =
        [("avg", "average"), ("min", "least"), ("max", "greatest"), ("sum", "sum"), ("last", "last"), ("count", "number of samples"), ("rate", "rate per second"), ("p50", "half are below"), ("p95", "95 of 100 are below"), ("p99", "99 of 100 are below")];

    private const int MostText = 500;

    public string Service { get; init; } = "";

    /// <summary>Conditions on tags, as people write them; empty: none.</summary>
    public string Tags { get; init; } = "";

    public string Text => $"{How}({Name}){(Service.Length + Tags.Length == 0 ? "" : $"{{{string.Join(", ", ((string[])[Service.Length > 0 ? MatcherText.Format(new Matcher("service", MatchOp.Equal, Service)) : "", Tags]).Where(t => t.Length > 0))}}}")}";

    /// <summary>The conditions on tags; an error where they cannot be read.</summary>
    public Result<IReadOnlyList<Matcher>> Matchers => Tags.Length == 0 ? Array.Empty<Matcher>() : MatcherText.Parse(Tags) is var read && read.Ok ? read : Error.Invalid("tags", read.Error!.Detail);

    /// <summary>Reads what <see cref="Text"/> wrote.</summary>
    public static Result<SeriesPick> Parse(string text)
    {
        var (open, brace) = (text.IndexOf('('), text.IndexOf("){", StringComparison.Ordinal));
        var close = brace >= 0 ? brace : text.EndsWith(')') ? text.Length - 1 : -1;
        if (open < 0 || close < open || text.Length > MostText)
        {
            return Error.Invalid("m", $"\"{(text.Length > 60 ? text[..60] + "…" : text)}\" is not a choice of series such as avg(cpu_percent){{service=\"checkout\"}}.");
        }

        var rest = text[(close + 1)..].Trim();
        var pick = Of(text[..open], text[(open + 1)..close], "", "");
        if (!pick.Ok || rest.Length == 0 || rest == "{}")
        {
            return pick;
        }

        var matchers = MatcherText.Parse(rest);
        if (!matchers.Ok)
        {
            return Error.Invalid("m", matchers.Error.Detail);
        }

        var service = matchers.Value.Where(m => m is { Name: "service", Op: MatchOp.Equal }).ToList() is [var only] ? only : null;
        return pick.Value with { Service = service?.Value ?? "", Tags = string.Join(", ", matchers.Value.Where(m => m != service).Select(MatcherText.Format)) };
    }

    /// <summary>One choice as its form has it.</summary>
    public static Result<SeriesPick> Of(string how, string name, string service, string tags)
    {
        (how, name) = (how.Trim().ToLowerInvariant(), name.Trim());
        var pick = new SeriesPick(how.Length == 0 ? "avg" : how, name) { Service = service.Trim(), Tags = tags.Trim().Trim('{', '}').Trim().TrimEnd(',') };
        return name.Length == 0 ? Error.Invalid("name", "Name a metric.")
            : Ways.All(w => w.How != pick.How) ? Error.Invalid("how", $"\"{how}\" is none of {string.Join(", ", Ways.Select(w => w.How))}.")
            : pick.Matchers is { Ok: true, Value: var matchers } ? pick with { Tags = string.Join(", ", matchers.Select(MatcherText.Format)) }
            : pick.Matchers.Error!;
    }
}

/// <summary>What the metrics explorer shows, as its address has it: choices of series (<c>m</c>, several), a stretch of time and a step.</summary>
public sealed record MetricsForm(TimeWindow Window)
{
    public const string Path = "/metrics-explorer";

    /// <summary>A chart with more choices than this is none.</summary>
    public const int MostPicks = 6;

    /// <summary>About so many points are on a line.</summary>
    private const int Points = 120;

    public static readonly IReadOnlyList<(string Step, string Text)> Steps = [("", "automatic"), ("10s", "10 s"), ("1m", "1 min"), ("5m", "5 min"), ("15m", "15 min"), ("1h", "1 h"), ("6h", "6 h"), ("1d", "1 day")];

    private static readonly TimeSpan[] _steps = [.. ((double[])[1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800]).Select(TimeSpan.FromSeconds)];

    public IReadOnlyList<SeriesPick> Picks { get; init; } = [];

    /// <summary>As the list of steps has it; empty: what suits the stretch of time.</summary>
    public string Step { get; init; } = "";

    /// <summary>The step that is drawn: the one that was chosen, if a line of it has no more than a thousand points.</summary>
    public TimeSpan StepLength =>
        Step.Length > 0 && DurationText.TryParse(Step, out var chosen) && Window.Length / chosen <= 1000 ? chosen : _steps.FirstOrDefault(s => Window.Length / s <= Points, TimeSpan.FromDays(14));

    public string Address => Path + QueryString.Create(Choice.Concat(Window.Pairs).Select(p => new KeyValuePair<string, string?>(p.Key, p.Value)));

    /// <summary>All but the time, for the hidden fields of a form.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Choice => [.. Picks.Select(p => new KeyValuePair<string, string>("m", p.Text)), .. Step.Length > 0 ? [new KeyValuePair<string, string>("step", Step)] : Array.Empty<KeyValuePair<string, string>>()];

    /// <summary>Up to where <c>from</c> and <c>to</c> belong.</summary>
    public string Zoom => Path + QueryString.Create(Choice.Append(new("from", "")).Select(p => new KeyValuePair<string, string?>(p.Key, p.Value))) is var address ? address[..^"from=".Length] : "";

    /// <returns>What was asked, and what is wrong with it: that part is left out.</returns>
    internal static (MetricsForm Form, Error? Fault) Read(IQueryCollection query, Clock clock)
    {
        string Typed(string name) => query[name].FirstOrDefault()?.Trim() ?? "";
        var window = TimeWindow.Parse(Typed("last"), Typed("from"), Typed("to"), clock);
        var fault = window.Error;
        List<SeriesPick> picks = [];
        foreach (var text in query["m"].OfType<string>().Where(t => t.Length > 0).Take(MostPicks))
        {
            var pick = SeriesPick.Parse(text);
            if (pick.Ok)
            {
                picks.Add(pick.Value);
            }

            fault ??= pick.Error;
        }

        // One more, from the form that adds it.
        if (Typed("name").Length > 0 || Typed("tags").Length > 0)
        {
            var added = SeriesPick.Of(Typed("how"), Typed("name"), Typed("service"), Typed("tags"));
            if (added.Ok && picks.Count < MostPicks)
            {
                picks.Add(added.Value);
            }

            fault ??= added.Error ?? (picks.Count == MostPicks && added.Ok && picks[^1] != added.Value ? Error.Invalid("name", $"No more than {MostPicks} choices fit into one chart.") : null);
        }

        return (new(window.Ok ? window.Value : TimeWindow.Until(TimeWindow.Usual, clock))
        {
            Picks = [.. picks.Distinct()],
            Step = Steps.Any(s => s.Step == Typed("step")) ? Typed("step") : "",
        }, fault);
    }
}
