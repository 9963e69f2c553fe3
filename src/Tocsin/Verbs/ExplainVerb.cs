using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Why somebody was paged, from what was recorded; or who would be, for labels that might come.</summary>
internal static class ExplainVerb
{
    public static Command Create(Terminal terminal)
    {
        var number = new Argument<long[]>("N")
        {
            Description = "An incident's number",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = Numbers.Many("").CustomParser,
        };
        var labels = LabelOption.Create("A label of an alert that might come; repeat it");
        var at = new Option<string?>("--at") { Description = "The instant to work out. Default: now", HelpName = "TIME" };
        var verb = new ClientVerb("explain", "Why was this person paged, or who would be?", terminal) { number, labels, at };
        verb.NeedsOneOf(number, labels, "Ask either for an incident's number or for labels: -l service=checkout.");
        verb.Runs(async (parse, run, ct) =>
        {
            var request = parse.GetValue(number) is [var incident]
                ? new ExplainRequest(null, incident, null)
                : new ExplainRequest(parse.GetValue(labels), null, Times.Given(parse.GetValue(at), terminal));
            var explanation = await run.Client.ExplainAsync(request, ct);
            // What was done and what is planned are two things: the pages come from the record, the steps from the policy.
            var detail = run.Json || request.Incident is not { } of ? null : await run.Client.GetIncidentAsync(of, ct);
            run.Show(explanation, WireJson.Default.Explanation, () =>
            {
                Write(terminal, explanation);
                if (detail is not null)
                {
                    IncidentSheet.WritePages(terminal, detail.Pages);
                }
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    private static void Write(Terminal terminal, Explanation explanation)
    {
        terminal.Out.WriteLine(explanation.Recorded ? "From the record of what happened:" : "Worked out, nothing was sent:");
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(terminal.Paint(new("ROUTES", Tone.Strong)));
        foreach (var route in explanation.Routes)
        {
            terminal.Out.WriteLine(
                $"{new string(' ', 2 * Math.Clamp(route.Depth, 0, 40))}{terminal.Paint(Outcome(route.Outcome))} {Plain.Line(route.Name)}"
                + (route.Reason.Length > 0 ? $"  {terminal.Paint(new(Plain.Line(route.Reason), Tone.Faint))}" : ""));
        }

        if (explanation.SilencedBy is { } silence)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine($"Silence {Plain.Line(silence)} mutes it: nobody is paged.");
        }

        foreach (var destination in explanation.Destinations)
        {
            Write(terminal, destination, explanation.Recorded);
        }

        if (explanation.Warnings.Count > 0)
        {
            terminal.Out.WriteLine();
            foreach (var warning in explanation.Warnings)
            {
                terminal.Out.WriteLine(terminal.Paint(new($"⚠ {Plain.Line(warning)}", Tone.Yellow)));
            }
        }
    }

    private static void Write(Terminal terminal, ExplainDestination destination, bool recorded)
    {
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(terminal.Paint(new(
            $"POLICY {Plain.Line(destination.Policy)} ({Plain.Line(destination.Urgency)} urgency, by route {Plain.Line(destination.Route)})", Tone.Strong)));
        if (destination.GroupLabels.Count > 0)
        {
            terminal.Out.WriteLine($"grouped by {Plain.Line(Words.Labels(destination.GroupLabels))}");
        }

        if (!recorded && destination.JoinsIncident is { } number)
        {
            terminal.Out.WriteLine($"joins the open incident #{number}: no new page");
        }

        if (destination.Steps.Count == 0)
        {
            terminal.Out.WriteLine("pages nobody");
            return;
        }

        var table = new Table("AFTER", "STEP", "TARGET", "REACHES", "BECAUSE");
        foreach (var step in destination.Steps)
        {
            table.Add(
                Offset(step.AfterSeconds),
                step.Round > 1 ? $"{step.Step} (round {step.Round})" : $"{step.Step}",
                step.Target,
                step.Pages.Count > 0
                    ? string.Join(", ", step.Pages.Select(page => $"{page.Recipient} by {page.Method} at {Offset(page.AfterSeconds)}"))
                    : "nobody",
                step.Because);
        }

        table.Write(terminal);
    }

    private static Cell Outcome(string outcome) => outcome switch
    {
        "matched" => new("✓", Tone.Green),
        "failed" => new("✗", Tone.Red),
        _ => new("·", Tone.Faint),
    };

    /// <summary>+0:00, +5:00, +1:02:00.</summary>
    private static string Offset(double seconds)
    {
        var span = TimeSpan.FromSeconds(Math.Max(0, seconds));
        return span.TotalHours >= 1 ? $"+{(long)span.TotalHours}:{span:mm\\:ss}" : $"+{span.Minutes}:{span:ss}";
    }
}
