using System.CommandLine;
using System.Globalization;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Looking at incidents and acting on them.</summary>
internal static class IncidentVerbs
{
    /// <summary>Each stands alone, as it is typed most, and below the noun: <c>ack 7</c>, <c>incidents ack 7</c>.</summary>
    public static IReadOnlyList<Command> Create(Terminal terminal)
    {
        var incidents = List("incidents", terminal);
        incidents.Aliases.Add("inc");
        incidents.Subcommands.Add(List("ls", terminal));
        Command[] verbs = Verbs(terminal);
        foreach (var verb in verbs)
        {
            incidents.Subcommands.Add(verb);
        }

        incidents.Subcommands.Add(MovePolicy(terminal));

        return [incidents, .. verbs];
    }

    private static Command[] Verbs(Terminal terminal) =>
    [
        Show(terminal),
        Act("ack", "Take incidents: their paging stops", terminal, (client, n, ct) => client.AcknowledgeAsync(n, ct)),
        Act("resolve", "End incidents", terminal, (client, n, ct) => client.ResolveAsync(n, ct)),
        Act("escalate", "Page the next step now", terminal, (client, n, ct) => client.EscalateAsync(n, ct)),
        Snooze(terminal),
        Note(terminal),
        Reassign(terminal),
        Responders(terminal),
    ];

    private static ClientVerb List(string name, Terminal terminal)
    {
        var status = new Option<string>("--status") { Description = "Which ones", DefaultValueFactory = _ => "open" };
        status.AcceptOnlyFromAmong("open", "triggered", "acknowledged", "snoozed", "resolved", "all");
        var search = new Option<string?>("--search", "-q") { Description = "Only with these words in the title", HelpName = "WORDS" };
        var paging = new Paging();
        var verb = new ClientVerb(name, "List incidents, newest first", terminal) { status, search, paging.Limit, paging.Cursor };
        verb.Runs(async (parse, run, ct) =>
        {
            var page = await paging.ReadAsync(
                parse, (cursor, limit) => run.Client.ListIncidentsAsync(parse.GetValue(status)!, parse.GetValue(search), cursor, limit, ct));
            run.Show(page, WireJson.Default.PageIncident, () =>
            {
                WriteList(run, page.Items, parse.GetValue(status)!);
                Paging.Announce(run, page.NextCursor);
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    private static void WriteList(ClientRun run, IReadOnlyList<Incident> incidents, string status)
    {
        if (incidents.Count == 0)
        {
            run.Line(status == "open" ? "No open incidents." : "No such incidents.");
            return;
        }

        var table = new Table("INCIDENT", "SEVERITY", "STATUS", "SINCE", "SERVICE", "WHO", "TITLE");
        foreach (var incident in incidents)
        {
            table.Add(
                new($"#{incident.Number}", Tone.Strong),
                Words.Severity(incident.Severity),
                Words.Status(incident.Status),
                Words.Relative(incident.CreatedAt, run.Now),
                incident.Service,
                Words.Whose(incident),
                incident.Title);
        }

        table.Write(run.Terminal);
    }

    private static ClientVerb Show(Terminal terminal)
    {
        var number = Numbers.One("The incident's number");
        var verb = new ClientVerb("show", "Show one incident with its alerts, pages and timeline", terminal) { number };
        verb.Runs(async (parse, run, ct) =>
        {
            var detail = await run.Client.GetIncidentAsync(parse.GetValue(number), ct);
            run.Show(detail, WireJson.Default.IncidentDetail, () => IncidentSheet.Write(run.Terminal, detail));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Act(
        string name, string description, Terminal terminal, Func<TocsinClient, long, CancellationToken, Task<Incident>> act)
    {
        var numbers = Numbers.Many("The incidents' numbers");
        var verb = new ClientVerb(name, description, terminal) { numbers };
        verb.Runs((parse, run, ct) => OnEachAsync(run, parse.GetValue(numbers)!, n => act(run.Client, n, ct)));
        return verb;
    }

    private static ClientVerb Snooze(Terminal terminal)
    {
        var numbers = Numbers.Many("The incidents' numbers");
        var span = new Option<string?>("--for") { Description = "How long: 30m, 2h, 1d", HelpName = "SPAN" };
        var until = new Option<string?>("--until") { Description = "Until when: 09:00, 2026-11-23T09:00, or RFC 3339", HelpName = "TIME" };
        var verb = new ClientVerb("snooze", "Stop the paging for a while; it begins again by itself", terminal) { numbers, span, until };
        verb.NeedsOneOf(span, until, "Say how long: either --for 1h or --until 09:00.");
        verb.Runs((parse, run, ct) =>
        {
            var request = new SnoozeRequest(Times.Given(parse.GetValue(until), terminal), Times.Span(parse.GetValue(span)));
            return OnEachAsync(run, parse.GetValue(numbers)!, n => run.Client.SnoozeAsync(n, request, ct));
        });
        return verb;
    }

    private static ClientVerb Note(Terminal terminal)
    {
        var number = Numbers.One("The incident's number");
        var text = new Argument<string[]>("text") { Description = "The note; - reads it from the standard input", Arity = ArgumentArity.OneOrMore };
        var verb = new ClientVerb("note", "Write a note into an incident's timeline", terminal) { number, text };
        verb.Runs(async (parse, run, ct) =>
        {
            string[] words = parse.GetValue(text)!;
            var note = words is ["-"] ? await terminal.In.ReadToEndAsync(ct) : string.Join(' ', words);
            if (string.IsNullOrWhiteSpace(note))
            {
                throw new CliException(ExitCode.Usage, "the note is empty");
            }

            var incident = await run.Client.AddNoteAsync(parse.GetValue(number), note.Trim(), ct);
            run.Show(incident, WireJson.Default.Incident, () => run.Line($"noted on #{incident.Number}  {Plain.Line(incident.Title)}"));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Reassign(Terminal terminal)
    {
        var number = Numbers.One("The incident's number");
        var to = new Argument<string>("to") { Description = "Who has it from now on: user:NAME, team:NAME, schedule:NAME or policy:NAME" };
        var note = new Option<string?>("--note") { Description = "For the timeline", HelpName = "TEXT" };
        var verb = new ClientVerb("reassign", "Hand an incident over: its escalation begins there", terminal) { number, to, note };
        verb.Runs(async (parse, run, ct) =>
        {
            var incident = await run.Client.ReassignAsync(parse.GetValue(number), new(parse.GetValue(to)!, parse.GetValue(note)), ct);
            run.Show(incident, WireJson.Default.Incident, () => WriteDone(run, [incident]));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb MovePolicy(Terminal terminal)
    {
        var policy = new Argument<string>("policy") { Description = "The policy's name" };
        var verb = new ClientVerb("move-policy", "Let all open incidents of a policy go on by its newest version", terminal) { policy };
        verb.Runs(async (parse, run, ct) =>
        {
            var moved = await run.Client.MoveIncidentsAsync(parse.GetValue(policy)!, ct);
            run.Show(moved, WireJson.Default.PolicyMoveView, () => run.Line(moved.Incidents.Count == 0
                ? $"No open incident is on an older version of policy {Plain.Line(moved.Policy)}."
                : $"{string.Join(' ', moved.Incidents.Select(n => $"#{n.ToString(CultureInfo.InvariantCulture)}"))} go on by policy {Plain.Line(moved.Policy)} of revision {moved.Revision.ToString(CultureInfo.InvariantCulture)}"));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Command Responders(Terminal terminal)
    {
        var number = Numbers.One("The incident's number");
        var targets = new Argument<string[]>("targets") { Description = "Whom to ask: user:NAME, team:NAME, schedule:NAME or channel:NAME", Arity = ArgumentArity.OneOrMore };
        var note = new Option<string?>("--note") { Description = "What to tell them", HelpName = "TEXT" };
        var add = new ClientVerb("add", "Ask further people to help; nothing stops", terminal) { number, targets, note };
        add.Runs(async (parse, run, ct) => WriteAsked(run, await run.Client.AskRespondersAsync(parse.GetValue(number), new(parse.GetValue(targets)!, parse.GetValue(note)), ct)));
        return new Command("responders", "Ask people to help with an incident, and answer")
        {
            add,
            Answer("join", "Join an incident that you were asked to help with", joins: true, terminal),
            Answer("decline", "Decline to help with an incident", joins: false, terminal),
        };
    }

    private static ClientVerb Answer(string name, string description, bool joins, Terminal terminal)
    {
        var number = Numbers.One("The incident's number");
        var verb = new ClientVerb(name, description, terminal) { number };
        verb.Runs(async (parse, run, ct) => WriteAsked(run, await run.Client.AnswerAsync(parse.GetValue(number), joins, ct)));
        return verb;
    }

    private static int WriteAsked(ClientRun run, Incident incident)
    {
        run.Show(incident, WireJson.Default.Incident, () =>
        {
            run.Line($"#{incident.Number.ToString(CultureInfo.InvariantCulture)}  {Plain.Line(incident.Title)}");
            foreach (var asked in incident.Asked)
            {
                run.Line($"  {Plain.Line(asked.Recipient)}  {Plain.Line(asked.Answer)}, asked by {Plain.Line(asked.By)}");
            }
        });
        return ExitCode.Ok;
    }

    /// <summary>One refusal does not keep the others from being done; the last refusal gives the exit code.</summary>
    private static async Task<int> OnEachAsync(ClientRun run, long[] numbers, Func<long, Task<Incident>> act)
    {
        var (done, exitCode) = (new List<Incident>(), ExitCode.Ok);
        foreach (var number in numbers)
        {
            try
            {
                done.Add(await act(number));
            }
            catch (TocsinException e) when (numbers.Length > 1)
            {
                exitCode = Refusals.Explain(run.Terminal, e);
            }
        }

        if (numbers.Length == 1)
        {
            run.Show(done[0], WireJson.Default.Incident, () => WriteDone(run, done));
        }
        else
        {
            run.Show(new(done, null), WireJson.Default.PageIncident, () => WriteDone(run, done));
        }

        return exitCode;
    }

    private static void WriteDone(ClientRun run, List<Incident> incidents)
    {
        foreach (var incident in incidents)
        {
            var until = incident is { Status: "snoozed", SnoozedUntil: { } at } ? $" until {Words.Absolute(at, run.Terminal.Time)}" : "";
            var who = Words.Whose(incident);
            run.Line(
                $"#{incident.Number.ToString(CultureInfo.InvariantCulture)}  {run.Terminal.Paint(Words.Status(incident.Status))}{until}"
                + (who.Length > 0 && incident.Status == "triggered" ? $", {Plain.Line(who)}" : "")
                + $"  {Plain.Line(incident.Title)}");
        }
    }
}
