using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Under <c>tocsin oncall</c>: who stands in for whom, and who is away.</summary>
internal static class CoverVerbs
{
    public static IEnumerable<Command> Create(Terminal terminal) => [Cover(terminal), Swap(terminal), Away(terminal), Calendar(terminal)];

    private static Command Cover(Terminal terminal)
    {
        var verb = new Command("cover", "Put somebody on call for a while");
        var schedule = Schedule();
        var (from, to, reason) = Span();
        var user = new Option<string?>("--user", "-u") { Description = "Who is on call. Default: you", HelpName = "USER" };
        var insteadOf = new Option<string?>("--instead-of", "-i") { Description = "Take over from this person only. Default: from whoever would be on call", HelpName = "USER" };
        var add = new ClientVerb("add", "Put yourself, or with the right to it anybody, on call", terminal) { schedule, from, to, user, insteadOf, reason };
        add.Runs(async (parse, run, ct) =>
        {
            var (begin, end) = Times(parse, from, to, terminal);
            var made = await run.Client.AddOverrideAsync(
                parse.GetValue(schedule)!, new(begin, end, parse.GetValue(user), parse.GetValue(insteadOf), parse.GetValue(reason)), ct);
            run.Show(made, WireJson.Default.OverrideView, () => run.Line($"override {made.Id}: {Plain.Line(made.Change ?? "")}"));
            return ExitCode.Ok;
        });

        var listed = Schedule();
        var list = new ClientVerb("ls", "List the overrides that people entered", terminal) { listed };
        list.Runs(async (parse, run, ct) =>
        {
            var page = await run.Client.ListOverridesAsync(parse.GetValue(listed)!, ct);
            run.Show(page, WireJson.Default.PageOverrideView, () =>
            {
                var table = new Table("ID", "USER", "INSTEAD OF", "FROM", "TO", "STATUS", "BY", "REASON");
                foreach (var item in page.Items)
                {
                    table.Add($"{item.Id}", item.User, item.InsteadOf ?? "everybody", At(item.From, terminal), At(item.To, terminal), Words.Status(item.Status), item.By, item.Reason);
                }

                Write(run, page.Items.Count, "No overrides.", table);
            });
            return ExitCode.Ok;
        });

        var of = Schedule();
        var id = Number("The override's number");
        var remove = new ClientVerb("rm", "Take an override back", terminal) { of, id };
        remove.Runs(async (parse, run, ct) =>
        {
            var gone = await run.Client.RemoveOverrideAsync(parse.GetValue(of)!, parse.GetValue(id), ct);
            run.Show(gone, WireJson.Default.OverrideView, () => run.Line($"override {gone.Id} taken back: {Plain.Line(gone.Change ?? "")}"));
            return ExitCode.Ok;
        });
        verb.Subcommands.Add(add);
        verb.Subcommands.Add(list);
        verb.Subcommands.Add(remove);
        return verb;
    }

    private static Command Swap(Terminal terminal)
    {
        var verb = new Command("swap", "Ask somebody to take a shift of yours, and answer those who ask you");
        var schedule = Schedule();
        var (from, to, note) = Span();
        var ask = new Option<string?>("--ask", "-a") { Description = "Whom to ask. Default: the team", HelpName = "USER" };
        var backFrom = new Option<string?>("--back-from") { Description = "The beginning of what you take in return", HelpName = "TIME" };
        var backTo = new Option<string?>("--back-to") { Description = "Its end", HelpName = "TIME" };
        var send = new ClientVerb("ask", "Ask for cover", terminal) { schedule, from, to, ask, backFrom, backTo, note };
        send.Runs(async (parse, run, ct) =>
        {
            var (begin, end) = Times(parse, from, to, terminal);
            var asked = await run.Client.AskForCoverAsync(
                new(parse.GetValue(schedule)!, begin, end, parse.GetValue(ask), Cli.Times.Given(parse.GetValue(backFrom), terminal), Cli.Times.Given(parse.GetValue(backTo), terminal), parse.GetValue(note)), ct);
            run.Show(asked, WireJson.Default.SwapView, () => run.Line(
                $"request {asked.Id}: {Plain.Line(asked.Asked ?? "the team")} is asked until {At(asked.ExpiresAt, terminal)}; you stay on call until somebody says yes"));
            return ExitCode.Ok;
        });

        var list = new ClientVerb("ls", "List requests for cover", terminal);
        list.Runs(async (_, run, ct) =>
        {
            var page = await run.Client.ListSwapsAsync(ct);
            run.Show(page, WireJson.Default.PageSwapView, () =>
            {
                var table = new Table("ID", "SCHEDULE", "ASKER", "ASKED", "FROM", "TO", "STATE", "BY", "NOTE");
                foreach (var item in page.Items)
                {
                    table.Add($"{item.Id}", item.Schedule, item.Asker, item.Asked ?? "team", At(item.From, terminal), At(item.To, terminal), item.State, item.AnsweredBy ?? "", item.Note);
                }

                Write(run, page.Items.Count, "No requests.", table);
            });
            return ExitCode.Ok;
        });
        verb.Subcommands.Add(send);
        verb.Subcommands.Add(list);
        foreach (var (answer, says) in new[] { ("accept", "Take the shift"), ("decline", "Say that you cannot"), ("withdraw", "Take your own request back") })
        {
            var id = Number("The request's number");
            var say = new ClientVerb(answer, says, terminal) { id };
            say.Runs(async (parse, run, ct) =>
            {
                var done = await run.Client.AnswerSwapAsync(parse.GetValue(id), answer, ct);
                run.Show(done, WireJson.Default.SwapView, () => run.Line($"request {done.Id} is {done.State}{(done.Change is { } change ? $": {Plain.Line(change)}" : "")}"));
                return ExitCode.Ok;
            });
            verb.Subcommands.Add(say);
        }

        return verb;
    }

    private static Command Away(Terminal terminal)
    {
        var verb = new Command("away", "Say when you cannot be on call");
        var (from, to, reason) = Span();
        var user = new Option<string?>("--user", "-u") { Description = "Who is away. Default: you", HelpName = "USER" };
        var add = new ClientVerb("add", "Enter time off and show where it leaves nobody", terminal) { from, to, user, reason };
        add.Runs(async (parse, run, ct) =>
        {
            var (begin, end) = Times(parse, from, to, terminal);
            var made = await run.Client.AddTimeOffAsync(new(begin, end, parse.GetValue(user), parse.GetValue(reason)), ct);
            run.Show(made, WireJson.Default.TimeOffView, () =>
            {
                run.Line($"time off {made.Id}: {Plain.Line(made.User)} is away {At(made.From, terminal)} to {At(made.To, terminal)}");
                foreach (var gap in made.Gaps ?? [])
                {
                    run.Line($"! nobody is on call for {Plain.Line(gap.Schedule)} {At(gap.From, terminal)} to {At(gap.To, terminal)}");
                }
            });
            return ExitCode.Ok;
        });

        var list = new ClientVerb("ls", "List time off", terminal);
        list.Runs(async (_, run, ct) =>
        {
            var page = await run.Client.ListTimeOffAsync(ct);
            run.Show(page, WireJson.Default.PageTimeOffView, () =>
            {
                var table = new Table("ID", "USER", "FROM", "TO", "STATUS", "FROM CALENDAR", "REASON");
                foreach (var item in page.Items)
                {
                    table.Add($"{item.Id}", item.User, At(item.From, terminal), At(item.To, terminal), Words.Status(item.Status), item.Calendar ? "yes" : "", item.Reason);
                }

                Write(run, page.Items.Count, "Nobody is away.", table);
            });
            return ExitCode.Ok;
        });

        var id = Number("The time off's number");
        var remove = new ClientVerb("rm", "Take time off back", terminal) { id };
        remove.Runs(async (parse, run, ct) =>
        {
            var gone = await run.Client.RemoveTimeOffAsync(parse.GetValue(id), ct);
            run.Show(gone, WireJson.Default.TimeOffView, () => run.Line($"time off {gone.Id} taken back"));
            return ExitCode.Ok;
        });
        verb.Subcommands.Add(add);
        verb.Subcommands.Add(list);
        verb.Subcommands.Add(remove);
        return verb;
    }

    private static Command Calendar(Terminal terminal)
    {
        var verb = new Command("calendar", "Secret addresses under which calendar programs read shifts");
        var list = new ClientVerb("ls", "List them, without their secrets", terminal);
        list.Runs(async (_, run, ct) =>
        {
            var page = await run.Client.ListCalendarLinksAsync(ct);
            run.Show(page, WireJson.Default.PageCalendarLinkView, () =>
            {
                var table = new Table("KIND", "NAME", "BY", "MADE", "READ");
                foreach (var item in page.Items)
                {
                    table.Add(item.Kind, item.Name, item.By, At(item.MadeAt, terminal), item.ReadAt is { } read ? Words.Relative(read, run.Now) : "never");
                }

                Write(run, page.Items.Count, "No calendar addresses.", table);
            });
            return ExitCode.Ok;
        });
        verb.Subcommands.Add(list);

        var (kind, name) = Which();
        var renew = new ClientVerb("renew", "Make an address, or a new one in the place of the old; it is shown once", terminal) { kind, name };
        renew.Runs(async (parse, run, ct) =>
        {
            var link = await run.Client.RenewCalendarLinkAsync(parse.GetValue(kind)!, parse.GetValue(name)!, ct);
            run.Show(link, WireJson.Default.CalendarLinkView, () => run.Line(link.Url ?? ""));
            run.Aside("Whoever has this address reads the calendar. It is not shown again.");
            return ExitCode.Ok;
        });
        verb.Subcommands.Add(renew);

        var (ofKind, ofName) = Which();
        var revoke = new ClientVerb("revoke", "End an address", terminal) { ofKind, ofName };
        revoke.Runs(
            async (parse, run, ct) =>
            {
                await run.Client.RevokeCalendarLinkAsync(parse.GetValue(ofKind)!, parse.GetValue(ofName)!, ct);
                run.Aside("the address no longer works");
                return ExitCode.Ok;
            },
            json: false);
        verb.Subcommands.Add(revoke);
        return verb;
    }

    private static (Argument<string> Kind, Argument<string> Name) Which()
    {
        var kind = new Argument<string>("kind") { Description = "What it shows" };
        kind.AcceptOnlyFromAmong("schedule", "user");
        return (kind, new("name") { Description = "Which schedule or user" });
    }

    private static Argument<string> Schedule() => new("schedule") { Description = "The schedule's name" };

    private static Argument<long> Number(string says) => new("id") { Description = says };

    private static (Option<string?> From, Option<string?> To, Option<string?> Reason) Span() => (
        new("--from") { Description = "From when: 18:00, 2026-11-23T18:00, RFC 3339, or 2d from now. Default: now", HelpName = "TIME" },
        new("--to") { Description = "Until when, in the same forms", HelpName = "TIME", Required = true },
        new("--reason", "-m") { Description = "Why, for others", HelpName = "TEXT" });

    private static (DateTimeOffset From, DateTimeOffset To) Times(ParseResult parse, Option<string?> from, Option<string?> to, Terminal terminal) =>
        (Cli.Times.Given(parse.GetValue(from), terminal) ?? terminal.Now, Cli.Times.Given(parse.GetValue(to), terminal) ?? terminal.Now);

    private static string At(DateTimeOffset at, Terminal terminal) => Words.Absolute(at, terminal.Time);

    private static void Write(ClientRun run, int count, string none, Table table)
    {
        if (count == 0)
        {
            run.Line(none);
        }
        else
        {
            table.Write(run.Terminal);
        }
    }
}
