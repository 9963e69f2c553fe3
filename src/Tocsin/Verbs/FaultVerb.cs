using System.CommandLine;
using System.Globalization;
using Tocsin.Cli;
using Tocsin.Demo.Faults;
using Tocsin.Estate;

namespace Tocsin.Verbs;

/// <summary>Made-up traffic with made-up trouble, for any server.</summary>
internal static class FaultVerb
{
    private const string Every = "all";
    private const int MostSeconds = 7 * 24 * 3_600;

    public static Command Create(Terminal terminal)
    {
        var which = new Option<string>("--case") { Description = "Which fault, or all of them together", HelpName = "CASE", DefaultValueFactory = _ => Every };
        which.AcceptOnlyFromAmong([Every, .. FaultCase.All.Select(c => c.Name)]);
        var seconds = Whole("--seconds", "How long in all", 900, 1, MostSeconds);
        var calm = Whole("--calm", "Of those, seconds before the fault begins", 60, 0, MostSeconds);
        var rate = Whole("--rate", "Log lines a second, of ten services together", 20, 1, 10_000);
        var seed = Whole("--seed", "Another number makes other traffic, the same number the same", 1, 0, int.MaxValue);
        var past = new Option<string>("--past") { Description = "Calm traffic that is sent first as if it had been, so that detectors know what is usual; 0: none, after an earlier run", HelpName = "SPAN", DefaultValueFactory = _ => "2h" };
        var verb = new ClientVerb("faults", "Send made-up logs and metrics of ten services, some of which get into trouble, to a server that runs", terminal)
        {
            which, seconds, calm, rate, seed, past,
        };
        verb.Runs(
            (parse, run, ct) => RunAsync(
                run, parse.GetValue(which)!, parse.GetValue(seconds), parse.GetValue(calm), parse.GetValue(rate), parse.GetValue(seed), SpanOf(parse.GetValue(past)!), ct),
            json: false);
        return verb;
    }

    private static async Task<int> RunAsync(ClientRun run, string which, int seconds, int calm, int rate, int seed, TimeSpan past, CancellationToken ct)
    {
        IReadOnlyList<FaultCase> faults = which == Every ? FaultCase.All : [FaultCase.Find(which)!];
        var story = new FaultStory(seed, faults, run.Now - past, past + TimeSpan.FromSeconds(calm), rate);
        if (past > TimeSpan.Zero)
        {
            run.Aside($"first {Words.Span(past)} of calm traffic");
        }

        foreach (var fault in faults)
        {
            run.Line($"{fault.Name}: {fault.Title} (service {fault.Service}), from {Words.Absolute(story.FaultsBeginAt, run.Terminal.Time)}");
        }

        var sender = new FaultRun(run.Client, run.Terminal.Time);
        await sender.TellAsync(story, (long)past.TotalSeconds + seconds, ct);
        run.Line(string.Create(CultureInfo.InvariantCulture, $"sent {sender.Lines} lines and {sender.Samples} samples"));
        return ExitCode.Ok;
    }

    private static TimeSpan SpanOf(string text) => DurationText.TryParse(text, out var span) && span <= TimeSpan.FromDays(7)
        ? span
        : throw new CliException(ExitCode.Usage, $"'{text}' is not a span of time up to a week", "write 2h, 1d or 0");

    private static Option<int> Whole(string name, string says, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = $"{says}. Default: {usual}", HelpName = "N", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var given) && (given < least || given > most))
            {
                result.AddError($"{name} is {least} to {most}.");
            }
        });
        return option;
    }
}
