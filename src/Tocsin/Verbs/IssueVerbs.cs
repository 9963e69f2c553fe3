using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>The GitHub issues that alarms got, and what is still to be done for them.</summary>
internal static class IssueVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("issues", "GitHub issues that alarms got");
        verb.Subcommands.Add(List(terminal));
        verb.Subcommands.Add(Show(terminal));
        verb.Subcommands.Add(Retry(terminal));
        verb.Subcommands.Add(Check(terminal));
        return verb;
    }

    private static ClientVerb List(Terminal terminal)
    {
        var state = new Option<string>("--state") { Description = "open, closed, pending, failed or all (default)", DefaultValueFactory = _ => "all" };
        state.AcceptOnlyFromAmong("open", "closed", "pending", "failed", "all");
        var repository = new Option<string?>("--repository") { Description = "Only of this repository", HelpName = "OWNER/NAME" };
        var paging = new Paging();
        var verb = new ClientVerb("list", "List issues, newest first", terminal) { state, repository, paging.Limit, paging.Cursor };
        verb.Aliases.Add("ls");
        verb.Runs(async (parse, run, ct) =>
        {
            var page = await paging.ReadAsync(parse, (cursor, limit) => run.Client.ListIssuesAsync(parse.GetValue(state)!, parse.GetValue(repository), cursor, limit, ct));
            run.Show(page, WireJson.Default.PageIssueView, () =>
            {
                if (page.Items.Count == 0)
                {
                    run.Line("No issues.");
                    return;
                }

                var table = new Table("ID", "STATE", "ISSUE", "PRIORITY", "INCIDENT", "UPDATED", "TITLE", "ERROR");
                foreach (var issue in page.Items)
                {
                    table.Add(
                        $"{issue.Id}", StateOf(issue), NameOf(issue), issue.Priority, issue.Incident is { } incident ? $"#{incident}" : "–",
                        Words.Relative(issue.UpdatedAt, run.Now), issue.Title, issue.Error);
                }

                table.Write(terminal);
                Paging.Announce(run, page.NextCursor);
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Show(Terminal terminal)
    {
        var id = Numbers.One("The issue's id here, as the list shows it");
        var verb = new ClientVerb("show", "Show one issue and what is remembered of its alarm", terminal) { id };
        verb.Runs(async (parse, run, ct) =>
        {
            var issue = await run.Client.GetIssueAsync(parse.GetValue(id), ct);
            run.Show(issue, WireJson.Default.IssueView, () => Write(run, issue));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Retry(Terminal terminal)
    {
        var id = Numbers.One("The issue's id here, as the list shows it");
        var verb = new ClientVerb("retry", "Try again, now, what was given up", terminal) { id };
        verb.Runs(async (parse, run, ct) =>
        {
            var issue = await run.Client.RetryIssueAsync(parse.GetValue(id), ct);
            run.Show(issue, WireJson.Default.IssueView, () => Write(run, issue));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Check(Terminal terminal)
    {
        var repository = new Argument<string?>("REPOSITORY") { Description = "One that a route names, as owner/name; without it only the account is tried", Arity = ArgumentArity.ZeroOrOne };
        var verb = new ClientVerb("check", "Try out what the GitHub account may do, without leaving a trace", terminal) { repository };
        verb.Runs(async (parse, run, ct) =>
        {
            var check = await run.Client.CheckGitHubAsync(parse.GetValue(repository), ct);
            run.Show(check, WireJson.Default.GitHubCheckView, () =>
            {
                foreach (var finding in check.Findings)
                {
                    run.Line($"{run.Terminal.Paint(finding.Good ? new Cell("✓ ok     ", Tone.Green) : new Cell("✗ problem", Tone.Red))}  {Plain.Line(finding.Name)}: {Plain.Line(finding.Detail)}");
                }
            });
            return check.Good ? ExitCode.Ok : ExitCode.CheckFailed;
        });
        return verb;
    }

    private static void Write(ClientRun run, IssueView issue)
    {
        run.Line($"{issue.Id}  {run.Terminal.Paint(StateOf(issue))}  {Plain.Line(NameOf(issue))}  {issue.Priority}  {Plain.Line(issue.Title)}");
        Fact("address", issue.Url);
        Fact("incident", issue.Incident is { } incident ? $"#{incident}" : null);
        Fact("fingerprint", issue.Fingerprint);
        Fact("comments", issue.Comments > 0 ? $"{issue.Comments}, the last {Words.Both(issue.CommentedAt!.Value, run.Terminal.Time)}" : null);
        Fact("by hand", issue is { ByHand: { } by, ByHandAt: { } at } ? $"{by}, {Words.Both(at, run.Terminal.Time)}" : null);
        Fact("alarm", issue.Alarm is { } alarm ? $"{alarm.Status}, last heard of {Words.Both(alarm.LastSeenAt, run.Terminal.Time)}{(alarm.ManuallyClosed ? "; left alone until it ends, since somebody closed the issue" : "")}" : null);
        Fact("next", issue.Next);
        Fact("error", issue.Error is { } error ? $"{error}{(issue.FailedAt is null ? "" : " It was given up: mend the cause, then `tocsin issues retry`.")}" : null);

        void Fact(string name, string? text)
        {
            if (text is not null)
            {
                run.Line($"  {name}: {Plain.Line(text)}");
            }
        }
    }

    private static Cell StateOf(IssueView issue) => Words.Status(issue.FailedAt is null ? issue.State : "failed");

    private static string NameOf(IssueView issue) => issue.Number is { } number ? $"{issue.Repository}#{number}" : issue.Repository;
}
