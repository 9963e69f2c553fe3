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
        var alert = new Option<long?>("--alert") { Description = "A stored alert's number", HelpName = "ID" };
        var payload = new Option<FileInfo?>("--payload") { Description = "A file with a body as a source receives it; needs --source", HelpName = "FILE" };
        var source = new Option<string?>("--source") { Description = "The source, or provider, that reads the payload", HelpName = "NAME" };
        var whyNot = new Option<string?>("--why-not") { Description = "Why this user was, or would be, not paged", HelpName = "USER" };
        var from = new Option<string?>("--from") { Description = "With --why-not, everything since then", HelpName = "TIME" };
        var to = new Option<string?>("--to") { Description = "With --from, until then. Default: now", HelpName = "TIME" };
        var verb = new ClientVerb("explain", "Why was this person paged, or who would be?", terminal) { number, labels, at, alert, payload, source, whyNot, from, to };
        verb.NeedsOneOf(
            [number, labels, alert, payload, from],
            "Ask for one of an incident's number, labels (-l service=checkout), an alert (--alert), a payload (--payload FILE --source NAME), or a span (--why-not USER --from TIME).");
        verb.Runs(async (parse, run, ct) =>
        {
            var request = new ExplainRequest(
                parse.GetValue(labels) is { Count: > 0 } given ? given : null, parse.GetValue(number) is [var incident] ? incident : null, Times.Given(parse.GetValue(at), terminal))
            {
                Alert = parse.GetValue(alert),
                Payload = parse.GetValue(payload) is { } file ? await ReadAsync(file, ct) : null,
                Source = parse.GetValue(source),
                User = parse.GetValue(whyNot),
                From = Times.Given(parse.GetValue(from), terminal),
                To = Times.Given(parse.GetValue(to), terminal),
            };
            var explanation = await run.Client.ExplainAsync(request, ct);
            // What was done and what is planned are two things: the pages come from the record, the steps from the policy.
            var detail = run.Json || request.User is not null || request.Incident is not { } of ? null : await run.Client.GetIncidentAsync(of, ct);
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

    private static async Task<string> ReadAsync(FileInfo file, CancellationToken ct)
    {
        try
        {
            return await File.ReadAllTextAsync(file.FullName, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"{file.Name} cannot be read", e.Message);
        }
    }

    private static void WriteAbsences(Terminal terminal, IReadOnlyList<Absence> absences)
    {
        terminal.Out.WriteLine(terminal.Paint(new("WHY NOT", Tone.Strong)));
        foreach (var absence in absences)
        {
            var where = absence.Incident is { } number ? $"#{number} " : absence.Alert is { } id ? $"alert {id} " : "";
            var at = absence.At is { } instant ? $"{Words.Absolute(instant, terminal.Time)}: " : "";
            terminal.Out.WriteLine($"{where}{at}{absence.Verdict.Replace('_', ' ')}: {Plain.Line(absence.Reason)}");
        }
    }

    private static void Write(Terminal terminal, Explanation explanation)
    {
        if (explanation.Absences.Count > 0)
        {
            WriteAbsences(terminal, explanation.Absences);
            if (explanation.Recorded)
            {
                return;
            }

            terminal.Out.WriteLine();
        }

        terminal.Out.WriteLine(explanation.Recorded ? "From the record of what happened:" : "Worked out, nothing was sent:");
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(terminal.Paint(new("ROUTES", Tone.Strong)));
        foreach (var route in explanation.Routes)
        {
            terminal.Out.WriteLine(
                $"{new string(' ', 2 * Math.Clamp(route.Depth, 0, 40))}{terminal.Paint(Outcome(route.Outcome))} {Plain.Line(route.Name)}"
                + (route.Reason.Length > 0 ? $"  {terminal.Paint(new(Plain.Line(route.Reason), Tone.Faint))}" : ""));
        }

        if (explanation.Alert is { } read)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine(terminal.Paint(new($"ALERT{(read.Adapter is { } adapter ? $" (read by {adapter})" : "")} {Plain.Line(read.Title)}", Tone.Strong)));
            foreach (var note in read.Notes)
            {
                terminal.Out.WriteLine($"  {Plain.Line(note)}");
            }
        }

        if (explanation.Mutes.Count > 0)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine(terminal.Paint(new(explanation.Mutes.Any(m => m.Mutes) ? "MUTED: nobody is paged" : "NOT MUTED", Tone.Strong)));
            foreach (var mute in explanation.Mutes)
            {
                terminal.Out.WriteLine($"  {(mute.Mutes ? "✓" : "✗")} {mute.Kind} {Plain.Line(mute.Name)}: {Plain.Line(mute.Reason)}");
            }
        }
        else if (explanation.SilencedBy is { } silence)
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

        if (destination.PolicyChanged)
        {
            terminal.Out.WriteLine($"the policy as of revision {destination.PolicyRevision}, when the incident began; by now it is another one");
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
                    ? string.Join(", ", step.Pages.Select(page => $"{page.Recipient} by {page.Method} at {Offset(page.AfterSeconds)}{(page.Held is { } held ? $" ({held})" : "")}"))
                    : step.Skipped ? "passed" : "nobody",
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
