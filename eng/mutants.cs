// Breaks the engine on purpose, one small change at a time, in a copy of the repository, and tells whether the simulator notices.
//   dotnet run eng/mutants.cs                    all mutants
//   dotnet run eng/mutants.cs -- fencing door    those whose name contains one of the words
//   dotnet run eng/mutants.cs -- --fit           only whether each still fits the source
// TOCSIN_SIM_SEEDS is how many seeds each is given (300), in order, so the number of the seed is how many it took. A mutant is killed when a
// promise breaks, or when the run does not end; it survives when all seeds pass. The table at the end goes into docs/contribute/simulation.md. Exit 1 when one survives, or no longer fits the source.
using System.Diagnostics;
using System.Text.RegularExpressions;
using Mutant = (string Name, (string File, string Find, string Replace)[] Edits);

const int TimedOut = -1;
const string TestsFolder = "tests/Tocsin.Server.Tests/bin/Release/net10.0";

// Analyzers would refuse what is unused or unusual in a mutant; the compiler is enough.
string[] compilerOnly = ["-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false"];

Mutant[] mutants =
[
    One("fencing removed on completion", "src/Tocsin.Server/Jobs/JobStore.cs",
        "DELETE FROM job WHERE workspace_id = @workspace AND id = @id AND attempt = @attempt AND lease_by IS NOT NULL",
        "DELETE FROM job WHERE workspace_id = @workspace AND id = @id AND (attempt = @attempt OR 1 = 1)"),
    One("fencing removed on rescheduling", "src/Tocsin.Server/Jobs/JobStore.cs",
        """
                    UPDATE job SET ready_at = @ready, lease_by = NULL, error = @error, failures = failures + @failed
                    WHERE workspace_id = @workspace AND id = @id AND attempt = @attempt AND lease_by IS NOT NULL
        """,
        """
                    UPDATE job SET ready_at = @ready, lease_by = NULL, error = @error, failures = failures + @failed
                    WHERE workspace_id = @workspace AND id = @id AND (attempt = @attempt OR 1 = 1)
        """),
    One("a lost lease goes unnoticed", "src/Tocsin.Server/Jobs/JobStore.cs", "if (deleted == 0)", "if (deleted < 0)"),
    One("a lease is taken before it is over", "src/Tocsin.Server/Jobs/JobStore.cs",
        "(\"per_lane\", perLane), (\"now\", now.ToMicros())", "(\"per_lane\", perLane), (\"now\", (now + (lease / 2)).ToMicros())"),
    One("the workspace's lock removed", "src/Tocsin.Server/Notify/PageSender.cs",
        "        await tx.LockWorkspaceAsync(job.Workspace);\n        var isTried", "        var isTried"),
    One("a person's act without the workspace's lock", "src/Tocsin.Server/Incidents/IncidentDesk.cs",
        "                await tx.LockWorkspaceAsync(workspace);\n", ""),
    One("the page key is not stable", "src/Tocsin.Server/Notify/MessageWriter.cs", "Key = page.Key,", "Key = $\"{page.Key}{page.Attempts}\","),
    One("one page key for all methods", "src/Tocsin.Server/Notify/PagePlanner.cs", "{page.RecipientId}|{page.Method}\");", "{page.RecipientId}\");"),
    One("a stopping node keeps its leases", "src/Tocsin.Server/Jobs/JobRunner.cs",
        "await SettleAsync(job, tx => jobs.HandBackAsync(tx, job, clock.GetUtcNow()));", "await Task.CompletedTask;"),
    One("running incidents take the new policy", "src/Tocsin.Server/Incidents/IncidentFlow.cs",
        "var decision = IncidentDecider.Decide(state, e,", "var decision = IncidentDecider.Decide(state with { Policy = estate.Policy(state.Policy.Name) }, e,"),
    One("a step of the wall clock moves deadlines", "src/Tocsin.Server/Hosting/SteadyClock.cs", "private const double MostSlew = 0.01;", "private const double MostSlew = 1000;"),
    One("a node that starts takes the wall clock", "src/Tocsin.Server/Hosting/SteadyClock.cs", "if (last is not { } alive)", "if (last is not { } alive || reference > DateTimeOffset.MinValue)"),
    One("no limit of pages a minute", "src/Tocsin.Server/Notify/PagePlanner.cs", "if (planned <= most)", "if (planned <= most * 1000)"),
    One("the canary is not sent", "src/Tocsin.Server/Hosting/Pulse.cs", "if (minute != _canaryMinute && await", "if (minute < _canaryMinute && await"),
    One("leases are not renewed", "src/Tocsin.Server/Jobs/JobRunner.cs", "await RenewAsync(now, ct);", ""),
    Several("acting after the lease ended",
        ("src/Tocsin.Server/Jobs/JobRunner.cs", "if (clock.GetUtcNow() >= job.LeasedUntil)", "if (clock.GetUtcNow() >= DateTimeOffset.MaxValue)"),
        ("src/Tocsin.Server/Notify/PageSender.cs", "if (now >= job.LeasedUntil - desk.LeaseToBegin)", "if (now >= DateTimeOffset.MaxValue)")),
    One("sending after the lease ended while asking", "src/Tocsin.Server/Notify/PageSender.cs",
        "if (now >= job.LeasedUntil - desk.LeaseToBegin)", "if (now >= DateTimeOffset.MaxValue)"),
    One("sending when the lease is nearly over", "src/Tocsin.Server/Notify/PageSender.cs",
        "if (now >= job.LeasedUntil - desk.LeaseToBegin)", "if (now >= job.LeasedUntil)"),
    One("a stale answer at the door is believed", "src/Tocsin.Server/Notify/PageSender.cs", "if (now - asked <= _freshness ||", "if (now >= asked ||"),
    InOneFile("not asking at the door", "src/Tocsin.Server/Notify/PageSender.cs",
        ("if (page is null || incident is null || page.Status != PageStatus.Queued)", "if (page is null || incident is null)"),
        ("if (!IncidentDecider.StillWanted(incident, page.Kind, page.RecipientId, page.Epoch))", "if (incident.Number < 0)")),
    One("not asking at the door about the incident", "src/Tocsin.Server/Notify/PageSender.cs",
        "if (!IncidentDecider.StillWanted(incident, page.Kind, page.RecipientId, page.Epoch))", "if (incident.Number < 0)"),
    One("late pages are dropped", "src/Tocsin.Server/Notify/PageSender.cs",
        "if (!IncidentDecider.StillWanted(incident, page.Kind, page.RecipientId, page.Epoch))",
        "if (!IncidentDecider.StillWanted(incident, page.Kind, page.RecipientId, page.Epoch) || clock.GetUtcNow() - page.DueAt > TimeSpan.FromSeconds(60))"),
    One("no retry after 5xx", "src/Tocsin.Server/Notify/PageSender.cs",
        "SendOutcome.TryAgain again => AgainAsync(tx, estate, job, tried, again, now),", "SendOutcome.TryAgain again => FailAsync(tx, estate, job, tried, again.Reason, now),"),
    One("a refusal is called sent", "src/Tocsin.Server/Notify/PageSender.cs",
        "SendOutcome.Refused refused => FailAsync(tx, estate, job, tried, refused.Reason, now),", "SendOutcome.Refused refused => SentAsync(tx, job, tried, refused.Reason, now),"),
    One("Retry-After is not waited for", "src/Tocsin.Core/Notify/RetryPlan.cs", "(retryAfter > wait ? retryAfter.Value : wait)", "wait"),
    One("a failing method is given up after a minute", "src/Tocsin.Core/Notify/RetryPlan.cs", "TimeSpan.FromMinutes(5)", "TimeSpan.FromMinutes(1)"),
    One("the next method does not begin when one fails", "src/Tocsin.Server/Notify/PageSender.cs", "await jobs.HurryAsync(tx, workspace, next.JobKey, now);", ""),
    One("nobody goes on when a person cannot be reached", "src/Tocsin.Core/Incidents/Escalator.cs",
        "return left.Length > 0 || !state.Paging.Contains(lost.Recipient, StringComparer.Ordinal)", "return left.Length >= 0 || !state.Paging.Contains(lost.Recipient, StringComparer.Ordinal)"),
    One("attempts are missing in the log", "src/Tocsin.Server/Notify/PageSender.cs",
        "await LogAsync(tx, job, page, \"page.retrying\", $\"{again.Reason}; next try in {IncidentDecider.Text(at - now)}\", now);", ""),
    InOneFile("jobs are enqueued outside of the transaction", "src/Tocsin.Server/Jobs/JobStore.cs",
        ("    public async Task EnqueueAsync(Tx tx, IReadOnlyList<NewJob> jobs, DateTimeOffset now)\n    {\n",
            "    private readonly List<NewJob> _later = [];\n\n    public Task EnqueueAsync(Tx tx, IReadOnlyList<NewJob> jobs, DateTimeOffset now)\n    {\n"
            + "        tx.WhenDone(committed => { if (committed) { _later.AddRange(jobs); } });\n        return Task.CompletedTask;\n    }\n\n"
            + "    private async Task EnqueueNowAsync(Tx tx, IReadOnlyList<NewJob> jobs, DateTimeOffset now)\n    {\n"),
        ("    public async Task<LeasedJob?> RenewAsync(Tx tx, LeasedJob job, DateTimeOffset now)\n    {\n",
            "    public async Task<LeasedJob?> RenewAsync(Tx tx, LeasedJob job, DateTimeOffset now)\n    {\n"
            + "        NewJob[] later = [.. _later];\n        _later.Clear();\n        await EnqueueNowAsync(tx, later, now);\n")),
    One("a place for a job is not given back", "src/Tocsin.Server/Jobs/JobStore.cs",
        "                else\n                {\n                    local.Release(job.Lane);\n                }", "                else\n                {\n                    _ = job.Lane;\n                }"),
    One("no wake-up after a page step", "src/Tocsin.Core/Incidents/Escalator.cs", "            new IncidentEffect.WakeAt(end, next.Epoch),\n", ""),
    One("no wake-up after a snooze", "src/Tocsin.Core/Incidents/IncidentDecider.cs",
        "Effects = [.. stopped.Effects, new IncidentEffect.WakeAt(snooze.Until, next.Epoch)]", "Effects = [.. stopped.Effects]"),
    One("old wake-ups count", "src/Tocsin.Core/Incidents/IncidentDecider.cs",
        "(IncidentStatus.Triggered, IncidentEvent.Woken w) when w.Epoch == state.Epoch =>", "(IncidentStatus.Triggered, IncidentEvent.Woken w) when w.Epoch <= state.Epoch =>"),
    One("pages of before an answer are wanted", "src/Tocsin.Core/Incidents/IncidentDecider.cs",
        "        && epoch >= state.WantedFromEpoch;", "        && epoch >= 0;"),
    One("administrators are not told", "src/Tocsin.Core/Incidents/Escalator.cs",
        "[.. administrators.Select(a => new IncidentEffect.TellAdministrators(a, because, next.Epoch)), new", "[new"),
    One("a step that reaches nobody waits", "src/Tocsin.Core/Incidents/Escalator.cs", "if (reach.Recipients.Count > 0)\n            {\n                return PageStep", "if (reach.Targets.Count > 0)\n            {\n                return PageStep"),
    One("a page that may have arrived does not count", "src/Tocsin.Core/Incidents/Escalator.cs", "PagedAt = lost.InDoubt ? state.PagedAt :", "PagedAt = lost.Epoch < 0 ? state.PagedAt :"),
    One("nobody is paced", "src/Tocsin.Core/Incidents/Escalator.cs", "var paced = to.IsPaced &&", "var paced = to.IsPaced && now < DateTimeOffset.MinValue &&"),
    One("quiet hours are not kept", "src/Tocsin.Server/Notify/PagePlanner.cs", "var dueAt = to.Quiet?.Free(wished) ?? wished;", "var dueAt = wished;"),
    One("who acknowledged is not reminded", "src/Tocsin.Core/Incidents/IncidentDecider.cs", "when w.Epoch == state.Epoch && state.Policy.RepageAfter is not null => Reminder.Due(next, responders, now),", "when w.Epoch < 0 => Reminder.Due(next, responders, now),"),
    One("windows that begin quiet nothing", "src/Tocsin.Server/Routing/MuteWatch.cs", "        if (begun > 0)\n", "        if (begun < 0)\n"),
    One("deduplication removed", "src/Tocsin.Core/Alerts/AlertReducer.cs",
        "({ Status: AlertStatus.Firing } s, _) => Repeat(s, signal, receivedAt),", "({ Status: AlertStatus.Firing } s, _) => new(Begin(signal, receivedAt, s.Episodes + 1), AlertChange.Fired, \"again\"),"),
    One("deduplication of late beginnings removed", "src/Tocsin.Core/Alerts/AlertReducer.cs",
        "({ } s, _) when IsOfEndedEpisode(s, signal) =>", "({ } s, _) when IsOfEndedEpisode(s, signal) && s.Episodes > 1000 =>"),
    One("late ends end what fires now", "src/Tocsin.Core/Alerts/AlertReducer.cs",
        "when IsOfEarlierEpisode(s, signal) =>", "when IsOfEarlierEpisode(s, signal) && s.Episodes > 1000 =>"),
    One("ends count in incidents where the alert no longer fires", "src/Tocsin.Server/Incidents/IncidentStore.cs",
        "WHERE workspace_id = @workspace AND alert_id = @alert AND firing = 1 RETURNING incident", "WHERE workspace_id = @workspace AND alert_id = @alert RETURNING incident"),
    Several("unmuted alerts are forgotten",
        ("src/Tocsin.Server/Routing/MuteWatch.cs", "await IsAnyUnmutedAsync(estate, before, ct))", "before > DateTimeOffset.MaxValue)"),
        ("src/Tocsin.Server/Routing/SilenceDesk.cs", "await intake.UnmuteAsync(tx, estate, now);", "await Task.CompletedTask;")),
    One("alerts do not expire", "src/Tocsin.Server/Alerts/AlertExpiry.cs", "alerts.ExpiredAsync(session, Clock.GetUtcNow(), MostAtOnce)", "alerts.ExpiredAsync(session, DateTimeOffset.UnixEpoch, MostAtOnce)"),
    InOneFile("what the one writer remembers survives a failed transaction", "src/Tocsin.Server/Data/RowMemory.cs",
        ("if (committed && row is not null)", "if (row is not null)"), ("                _rows.Clear();\n            }\n        });", "            }\n        });")),
    One("the answer goes out before the commit", "src/Tocsin.Server/Data/CommitBatcher.cs",
        "var done = await database.WriteAsync(tx => StoreAsync(tx, items), CancellationToken.None);",
        "batch.ForEach(w => w.Done.TrySetResult(w.Item is Tocsin.Alerts.Delivery d ? (TDone)(object)new Tocsin.Alerts.DeliveryOutcome(null, Tocsin.Alerts.Verdict.Accepted, d.Signals.Count, 0, null) : default!));\n            var done = await database.WriteAsync(tx => StoreAsync(tx, items), CancellationToken.None);"),
    One("the job loop forgets what it waits for", "src/Tocsin.Server/Jobs/JobService.cs", "            Expect(await TurnAsync(stoppingToken));", "            await TurnAsync(stoppingToken);"),
];

if (args is ["--fit"])
{
    var stale = mutants.SelectMany(m => m.Edits.Select(e => Stale(".", e)).OfType<string>().Take(1).Select(why => $"{m.Name}: {why}")).ToArray();
    Array.ForEach(stale, Console.WriteLine);
    Console.WriteLine($"{mutants.Length - stale.Length} passed, {stale.Length} failed, 0 skipped");
    return stale.Length == 0 ? 0 : 1;
}

var chosen = args.Length == 0 ? mutants : [.. mutants.Where(m => args.Any(word => m.Name.Contains(word, StringComparison.OrdinalIgnoreCase)))];
var seeds = Environment.GetEnvironmentVariable("TOCSIN_SIM_SEEDS") ?? "300";
var copy = Directory.CreateTempSubdirectory("tocsin-mutants-").FullName;
try
{
    CopyRepository(copy);
    Console.WriteLine($"{chosen.Length} mutants, {seeds} seeds each; the copy is {copy}");
    var (built, whole) = (Run("dotnet", ["build", "tests/Tocsin.Server.Tests", "-c", "Release", "-v", "quiet", "-nologo", .. compilerOnly], 1800), Simulate());
    if (built.Exit != 0 || whole.Exit != 0)
    {
        Console.WriteLine(built.Exit != 0 ? built.Output : whole.Output);
        Console.WriteLine("The source fails as it stands; there is nothing to learn from mutants.");
        return 1;
    }

    Directory.CreateDirectory(Path.Combine(copy, "whole"));
    foreach (var assembly in (string[])["Tocsin.Core.dll", "Tocsin.Server.dll"])
    {
        File.Copy(Path.Combine(copy, TestsFolder, assembly), Path.Combine(copy, "whole", assembly));
    }

    List<(string Name, string Verdict)> table = [];
    foreach (var mutant in chosen)
    {
        var verdict = Try(mutant);
        table.Add((mutant.Name, verdict));
        Console.WriteLine($"{verdict,-70} {mutant.Name}");
    }

    Console.WriteLine("\n| broken on purpose | noticed as |\n|---|---|");
    foreach (var (name, verdict) in table)
    {
        Console.WriteLine($"| {name} | {verdict} |");
    }

    var bad = table.Count(t => !t.Verdict.StartsWith("killed", StringComparison.Ordinal));
    Console.WriteLine($"{table.Count - bad} killed, {bad} not");
    return bad == 0 ? 0 : 1;
}
finally
{
    Directory.Delete(copy, recursive: true);
}

// A text to find stands in its file exactly once.
Mutant One(string name, string file, string find, string replace) => (name, [(file, find, replace)]);

Mutant InOneFile(string name, string file, params (string Find, string Replace)[] edits) => (name, [.. edits.Select(e => (file, e.Find, e.Replace))]);

Mutant Several(string name, params (string File, string Find, string Replace)[] edits) => (name, edits);

string? Stale(string root, (string File, string Find, string Replace) edit) =>
    File.ReadAllText(Path.Combine(root, edit.File)).Split(edit.Find).Length - 1 is var times and not 1 ? $"{edit.File} has its text {times} times" : null;

string Try(Mutant mutant)
{
    Dictionary<string, string> before = [];
    HashSet<string> touched = [];
    try
    {
        foreach (var (file, find, replace) in mutant.Edits)
        {
            var path = Path.Combine(copy, file);
            var text = File.ReadAllText(path);
            before.TryAdd(path, text);
            if (Stale(copy, (file, find, replace)) is { } why)
            {
                return $"stale: {why}";
            }

            File.WriteAllText(path, text.Replace(find, replace, StringComparison.Ordinal));
        }

        foreach (var project in mutant.Edits.Select(e => string.Join('/', e.File.Split('/').Take(2))).Distinct())
        {
            var built = Run("dotnet", ["build", project, "-c", "Release", "-v", "quiet", "-nologo", "--no-restore", "--no-dependencies", .. compilerOnly], 900);
            if (built.Exit != 0)
            {
                return $"broken: {built.Output.Split('\n').FirstOrDefault(l => l.Contains("error", StringComparison.Ordinal))}";
            }

            var assembly = $"{Path.GetFileName(project)}.dll";
            File.Copy(Path.Combine(copy, project, "bin/Release/net10.0", assembly), Path.Combine(copy, TestsFolder, assembly), overwrite: true);
            touched.Add(assembly);
        }

        var run = Simulate();
        if (run.Exit == 0)
        {
            return "survived";
        }

        var seed = Regex.Match(run.Output, @"Seed (?<seed>\d+): (?<rule>[A-Z]\d+: .*|\w.*)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);
        return seed.Success ? $"killed by seed {seed.Groups["seed"].Value}: {Short(seed.Groups["rule"].Value)}" : run.Exit == TimedOut ? "killed: it does not end" : "broken: the run ended without a verdict";
    }
    finally
    {
        foreach (var (path, text) in before)
        {
            File.WriteAllText(path, text);
        }

        foreach (var assembly in touched)
        {
            File.Copy(Path.Combine(copy, "whole", assembly), Path.Combine(copy, TestsFolder, assembly), overwrite: true);
        }
    }
}

(int Exit, string Output) Simulate() => Run(
    "dotnet", ["test", $"{TestsFolder}/Tocsin.Server.Tests.dll", "--filter", "FullyQualifiedName~SimulationTests.No_promise_is_broken", "--logger", "console;verbosity=normal"], 1200);

(int Exit, string Output) Run(string program, string[] arguments, int seconds)
{
    var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = copy, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
    start.Environment["TOCSIN_SIM_SEEDS"] = seeds;
    using var process = Process.Start(start)!;
    var output = process.StandardOutput.ReadToEndAsync();
    var errors = process.StandardError.ReadToEndAsync();
    if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return (TimedOut, "");
    }

    return (process.ExitCode, output.Result + errors.Result);
}

void CopyRepository(string to)
{
    using var git = Process.Start(new ProcessStartInfo("git", ["ls-files", "--cached", "--others", "--exclude-standard"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
    foreach (var file in git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(File.Exists))
    {
        var target = Path.Combine(to, file);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(file, target);
    }
}

string Short(string text) => text.Trim() is { Length: > 110 } t ? t[..110] + "…" : text.Trim();
