using Tocsin.Alerts;
using Tocsin.Escalation;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Providers;
using Tocsin.Routing;

namespace Tocsin.Tests.Simulation;

/// <summary>A promise of the product that did not hold.</summary>
internal sealed class BrokenPromiseException(string rule, string what, long? incident) : Exception($"{rule}: {what}")
{
    public long? Incident => incident;
}

/// <summary>
/// Watches every commit, every request to a provider and every answer, and knows the promises. The names R1 to R25 are those of the
/// list in <c>docs/contribute/simulation.md</c>; P1 is the first principle: an open incident has a next job, or a recorded reason.
/// </summary>
internal sealed class Referee
{
    /// <summary>How late anything due may be while a node is well.</summary>
    private static readonly TimeSpan _prompt = TimeSpan.FromSeconds(3);

    /// <summary>How long an alert may stay muted when no silence mutes it any more: it is looked at every 5 s, when it was muted 5 s ago.</summary>
    private static readonly TimeSpan _unmuted = TimeSpan.FromSeconds(14);

    /// <summary>Why a step may begin before the one before is over.</summary>
    private static readonly string[] _climbReasons = ["page.unreachable", "incident.escalated: escalated by", "incident.urgency_raised", "incident.reopened", "incident.unsnoozed", "incident.reassigned"];

    private readonly World _world;
    private readonly StoreAudit _store;
    private readonly Cluster _cluster;
    private readonly Providers _providers;
    private readonly FixedEstates _estates;
    private readonly Scenario _scenario;
    private readonly Dictionary<string, DateTimeOffset> _readySince = [];
    /// <summary>A node decides by what it read a second ago, or before it stood still.</summary>
    private static readonly TimeSpan _stale = TimeSpan.FromSeconds(60);

    private readonly List<(DateTimeOffset Since, IReadOnlyList<CoverRow> Covers)> _covers = [];
    private readonly Dictionary<string, List<Request>> _requests = [];
    private readonly Dictionary<string, string> _keys = [];
    private readonly Dictionary<string, string> _keyOf = [];
    private readonly Queue<(TimeSpan True, DateTimeOffset Said)> _clock = [];
    private readonly Dictionary<long, string> _policies = [];
    private readonly Dictionary<string, int> _taken = [];
    private readonly Dictionary<long, int> _attemptLines = [];
    private readonly Dictionary<long, (DateTimeOffset At, long WantedFrom)> _answered = [];
    private readonly Dictionary<long, DateTimeOffset> _cancelledAt = [];
    private readonly HashSet<long> _excused = [];
    private readonly HashSet<long> _given = [];
    private readonly Dictionary<long, (DateTimeOffset DueAt, Urgency Urgency, int Raised)> _planned = [];
    private readonly Dictionary<long, int> _raised = [];
    private readonly Dictionary<(string Policy, int Step, string Team), string> _turns = [];
    private readonly HashSet<(long Incident, long Epoch, string Team)> _turnsSeen = [];
    private readonly HashSet<long> _notTried = [];
    private readonly Dictionary<long, IncidentState> _incidents = [];
    private readonly Dictionary<long, DateTimeOffset> _unmutedSince = [];
    private readonly Dictionary<long, DateTimeOffset> _quietForNothingSince = [];

    public Referee(World world, SimulatedStore store, Cluster cluster, Providers providers, FixedEstates estates, Scenario scenario)
    {
        (_world, _store, _cluster, _providers, _estates, _scenario) = (world, store.Audit, cluster, providers, estates, scenario);
    }

    public Senders? Senders { get; set; }

    private TimeSpan Prompt => _scenario.Jobs.Concurrency < 10 || _scenario.Jobs.LaneConcurrency < 10 ? TimeSpan.FromSeconds(60) : _prompt + Skew;

    /// <summary>
    /// By how much clocks may disagree: a node that stands still, or has no store, or starts anew all the time while the wall clock was stepped leans to it later. A step is 5 s; machines are 0.2 s
    /// apart besides.
    /// </summary>
    private TimeSpan Skew => _scenario.ClockSteps ? TimeSpan.FromSeconds(4) : TimeSpan.FromSeconds(0.5);

    public void Begin() => _world.Watch(_world.Outside.RunAsync(async () =>
    {
        while (true)
        {
            await _world.Outside.WaitAsync(TimeSpan.FromSeconds(1));
            NothingIsOverdue();
            TimeIsKept();
        }
    }), _world.Outside);

    // ---- each commit

    public void Committed(SimulatedNode node)
    {
        var events = _store.TakeEvents();
        var said = events.ToLookup(e => e.Incident);
        foreach (var e in events)
        {
            _world.Say(node.Name, $"| {e.Subject} {e.Kind}: {e.Reason}");
            if (e.Kind is "page.retrying" or "page.failed" && e.Reason.Contains(": not tried", StringComparison.Ordinal))
            {
                _notTried.Add(e.Page!.Value);
            }
            else if (e.Kind is "page.sent" or "page.failed" or "page.retrying" && e.Page is not null && e.Reason.Contains(", attempt ", StringComparison.Ordinal) && !e.Reason.EndsWith(" is disabled, and not paged.", StringComparison.Ordinal))
            {
                _attemptLines[e.Page!.Value] = _attemptLines.GetValueOrDefault(e.Page.Value) + 1;
            }
            else if (e.Kind is "cover.made" or "cover.removed")
            {
                _covers.Add((_world.Now, _store.Covers()));
            }
            else if (e.Kind is "incident.unanswered" or "incident.not_paged")
            {
                _excused.Add(e.Incident!.Value);
            }
            else if (e.Kind == "incident.unanswered_over")
            {
                _given.Add(e.Incident!.Value);
            }
            else if (e.Kind is "incident.reassigned" or "incident.policy_moved")
            {
                // The one rule by which an incident changes its policy: somebody says so.
                _policies.Remove(e.Incident!.Value);
            }
        }

        foreach (var change in _store.TakeLeaseChanges())
        {
            Fenced(node, change);
        }

        HashSet<long> incidents = [];
        foreach (var change in _store.TakePageChanges())
        {
            var page = _store.Page(change.Id);
            PageChanged(node, change, page);
            incidents.Add(page.Incident);
        }

        foreach (var (what, id) in _store.TakeTouched())
        {
            if (what == "incident")
            {
                incidents.Add(id);
            }
            else
            {
                AlertIsCared(_store.Alert(id));
            }
        }

        MutedByThoseThatFire();
        foreach (var page in incidents.SelectMany(_store.PagesOf).Where(p => p.Kind == MessageKind.Page && !_planned.ContainsKey(p.Id)).OrderBy(p => p.Id))
        {
            TurnsFollow(_store.Incident(page.Incident), page);
        }

        foreach (var number in incidents)
        {
            ClimbedInTime(_store.Incident(number), [.. said[number].Select(e => e.Kind + ": " + e.Reason)]);
            IncidentIsCared(number);
        }
    }

    /// <summary>R16: only who holds a lease ends it, and only a lease that is over is taken.</summary>
    private void Fenced(SimulatedNode node, LeaseChange change)
    {
        if (!change.Gone && change.NewAttempt > change.OldAttempt)
        {
            Check(change.OldReadyAt <= _world.Now + Skew, "R16", $"{node.Name} claimed {change.Key}, which {change.OldBy ?? "nobody"} holds until {Time(change.OldReadyAt)}");
        }
        else if (change.OldBy is { } owner)
        {
            Check(owner == node.Name, "R16", $"{node.Name} changed {change.Key}, which {owner} holds");
        }
    }

    private void PageChanged(SimulatedNode node, PageChange change, PageRow page)
    {
        var requests = _requests.GetValueOrDefault(page.Key) ?? [];
        Check(change.Old is not (PageStatus.Sent or PageStatus.Failed) || change.New == change.Old, "R16", $"page {page.Id} was {change.Old} and became {change.New}", page);
        Check(change.NewAttempts - change.OldAttempts is 0 or 1, "R16", $"page {page.Id} went from {change.OldAttempts} attempts to {change.NewAttempts}", page);
        Check(change.NewAttempts <= requests.Count, "R27", $"page {page.Id} has {change.NewAttempts} attempts, but {requests.Count} reached the provider", page);
        Check(change.NewAttempts == _attemptLines.GetValueOrDefault(page.Id), "R27", $"page {page.Id} has {change.NewAttempts} attempts and {_attemptLines.GetValueOrDefault(page.Id)} in the log", page);
        if (change.New == change.Old || change.Old == PageStatus.Bundled)
        {
            return;
        }

        switch (change.New)
        {
            case PageStatus.Sent:
                Check(requests.Exists(r => r.Node == node.Actor && r.Heard is SendOutcome.Accepted), "R9", $"page {page.Id} is called sent, but {node.Name} never heard so", page);
                break;
            case PageStatus.Failed:
                GivenUpRightly(node, page, requests);
                break;
            case PageStatus.Cancelled:
                _cancelledAt[page.Id] = _world.Now;
                Check(!IsWanted(page), "R3", $"page {page.Id} was called off although it is wanted", page);
                break;
        }
    }

    private bool IsWanted(PageRow page) => page.Kind == MessageKind.Waited
        ? _store.Bundled(page).Exists(p => IncidentDecider.StillWanted(_store.Incident(p.Incident), p.Epoch))
        : IncidentDecider.StillWanted(_store.Incident(page.Incident), page.Kind, page.RecipientId, page.Epoch);

    /// <summary>Quiet hours, the pace of calls and the turns of teams, as each page was planned.</summary>
    private void PlannedRightly(IncidentState incident, PageRow page)
    {
        if (!_planned.TryAdd(page.Id, (page.DueAt, incident.Urgency, _raised.GetValueOrDefault(incident.Number))) || page.Kind != MessageKind.Page)
        {
            return;
        }

        var rests = page.RecipientKind == RecipientKind.User ? _estates[1].Model.Users[page.Recipient].Quiet?.For(incident.Urgency) : null;
        Check(rests?.Contains(page.DueAt) != true, "C08", $"page {page.Id} to {page.Recipient} is planned within quiet hours", page);
        if (page.Because?.StartsWith("schedule days: ", StringComparison.Ordinal) == true)
        {
            var known = _covers.Where((c, i) => i == _covers.Count - 1 || _covers[i + 1].Since > _world.Now - _stale).Select(c => c.Covers).ToArray();
            Check(
                (known.Length == 0 || _covers[0].Since > _world.Now - _stale ? known.Append([]) : known).Any(covers => OnCall(covers, page.CreatedAt) == page.Recipient),
                "R14", $"page {page.Id} goes to {page.Recipient}, who is not on call", page);
        }
    }

    /// <summary>Who is on call by the schedule "days": whoever the last cover names that counts, then whoever a later one names instead of that person, and so on.</summary>
    private static string OnCall(IReadOnlyList<CoverRow> covers, DateTimeOffset at)
    {
        var counting = covers.Where(c => c.From <= at && at < c.To).ToList();
        var rank = counting.FindLastIndex(c => c.InsteadOf is null);
        var on = rank < 0 ? "ana" : counting[rank].User;
        while (counting.FindLastIndex(c => c.InsteadOf == on) is var next && next > rank)
        {
            (on, rank) = (counting[next].User, next);
        }

        return on;
    }

    /// <summary>A turn of a team follows the last one, whichever node gives it.</summary>
    private void TurnsFollow(IncidentState incident, PageRow page)
    {
        if (_turn.Match(page.Because ?? "") is { Success: true } turn)
        {
            var team = turn.Groups["team"].Value;
            var key = (incident.Policy.Name, incident.HandedTo is null ? page.Step : page.Step - 1, team);
            if (_turnsSeen.Add((incident.Number, page.Epoch, team)))
            {
                Check(
                    turn.Groups["after"].Value == _turns.GetValueOrDefault(key, ""), "T1",
                    $"{turn.Groups["who"].Value} of {team} has a turn after '{turn.Groups["after"].Value}', and the last was {_turns.GetValueOrDefault(key, "nobody's")}", page);
                _turns[key] = turn.Groups["who"].Value;
            }
        }
    }

    private static readonly System.Text.RegularExpressions.Regex _turn = new(
        @"^team (?<team>\w+), (?<who>\w+)'s turn( after (?<after>\w+))?", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    /// <summary>R9: a method is given up for a refusal, or after six tries or five minutes of failures.</summary>
    private void GivenUpRightly(SimulatedNode node, PageRow page, List<Request> requests)
    {
        if (_notTried.Contains(page.Id))
        {
            // Others tell that its target is down; whether the next method began at once is looked at for all pages alike.
            return;
        }

        if (page.Reason?.EndsWith(" is disabled, and not paged.", StringComparison.Ordinal) == true)
        {
            return;
        }

        var last = requests.FindLast(r => r.Node == node.Actor && r.Heard is not null);
        Check(last is { Heard: not SendOutcome.Accepted }, "R9", $"page {page.Id} failed without a failure", page);
        if (last?.Heard is SendOutcome.TryAgain)
        {
            var tries = requests.Count;
            Check(_world.Now - page.FirstTryAt >= TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1) - Skew, "R9", $"page {page.Id} was given up after {_world.Now - page.FirstTryAt}", page);
            Check(
                tries >= 6 || requests.Exists(r => r.Heard is SendOutcome.TryAgain { RetryAfter: not null }) || _cluster.LastFault(_world.Now) >= page.FirstTryAt!.Value.AddSeconds(-20) || Prompt > _prompt,
                "R9", $"page {page.Id} was given up after {tries} tries", page);
        }
    }

    /// <summary>R2: what another alert muted is let go in the commit in which the last of those ends.</summary>
    private void MutedByThoseThatFire()
    {
        if (_estates[1].Inhibitions.IsEmpty)
        {
            return;
        }

        var (firing, silences) = (_store.Firing(), _store.Silences(_estates[1]));
        foreach (var alert in firing.Where(a => a.Silenced && a.MutedBy?.StartsWith("inhibition ", StringComparison.Ordinal) == true))
        {
            Check(
                Mutes(alert, firing, silences), "R2", $"alert {alert.Document.DedupKey} is muted by {alert.MutedBy}, and nothing that fires mutes it");
        }
    }

    /// <summary>Whether a silence, a window or another alert mutes an alert: worked out from nothing but the rules as they are written.</summary>
    private bool Mutes(AlertRow alert, List<AlertRow> firing, SilenceSet silences)
    {
        var subject = AlertIntake.SubjectOf(alert);
        return silences.FirstMatch(subject, _world.Now) is not null || _estates[1].Model.Inhibitions.Any(rule =>
            Holds(rule.Target, subject) && firing.Exists(source => source.Id != alert.Id
                && Holds(rule.Source, AlertIntake.SubjectOf(source)) && !(Holds(rule.Source, subject) && Holds(rule.Target, AlertIntake.SubjectOf(source)))
                && rule.Equal.All(label => AlertIntake.SubjectOf(source).Value(label) == subject.Value(label))));
    }

    private static bool Holds(IReadOnlyList<Matcher> matchers, RouteSubject subject) => matchers.All(m => CompiledMatcher.Compile(m).Value!.IsMatch(subject));

    /// <summary>R2: a firing alert that nothing mutes is part of an open incident in each place it is routed to, or a person ended that.</summary>
    private void AlertIsCared(AlertRow alert)
    {
        var told = Senders?.Alerts.Find(a => a.Key == alert.Document.DedupKey);
        Check(
            told is null or { Episodes: null } || alert.State.Episodes <= told.Episodes,
            "R20", $"{alert.Document.DedupKey} fired {alert.State.Episodes} times in the store, and {told?.Episodes} times at its sender");
        if (alert.State.Status != AlertStatus.Firing || alert.Silenced)
        {
            return;
        }

        var incidents = _store.IncidentsOf(alert.Id);
        foreach (var destination in _estates[1].Router.Decide(AlertIntake.SubjectOf(alert)).Destinations)
        {
            var here = incidents.Where(i => i.GroupHash == destination.Group.Hash).ToArray();
            Check(
                here.Any(i => i.IsOpen || i.ResolvedBy != "system"),
                "R2", $"{alert.Document.DedupKey} fires, and {destination.Path} has {(here.Length == 0 ? "no incident" : $"only incident {here[0].Number}, which ended by itself")}", here.FirstOrDefault()?.Number);
        }
    }

    /// <summary>R6: a step begins when the one before is over, or for a reason that the log tells; and when all are over, administrators hear of it.</summary>
    private void ClimbedInTime(IncidentState incident, string[] lines)
    {
        var before = _incidents.GetValueOrDefault(incident.Number);
        _incidents[incident.Number] = incident;
        if (before is { Urgency: Urgency.Low } && incident.Urgency == Urgency.High)
        {
            _raised[incident.Number] = _raised.GetValueOrDefault(incident.Number) + 1;
        }

        var policy = PolicyText(incident);
        Check(_policies.TryAdd(incident.Number, policy) || _policies[incident.Number] == policy, "R18", $"incident {incident.Number} began with policy {_policies[incident.Number]} and goes on with {policy}", incident.Number);
        var climbed = before is { Status: IncidentStatus.Triggered, Escalation: EscalationStatus.Waiting or EscalationStatus.Paging }
            && incident is { Status: IncidentStatus.Triggered, Escalation: EscalationStatus.Paging or EscalationStatus.Exhausted } && incident.Epoch != before.Epoch;
        if (climbed && before!.NextAt > _world.Now + Skew)
        {
            Check(
                lines.Any(l => _climbReasons.Any(r => l.StartsWith(r, StringComparison.Ordinal))),
                "R6", $"incident {incident.Number} went on {(before.NextAt - _world.Now)?.TotalSeconds:0.0} s before the step was over", incident.Number);
        }

        if (lines.Any(l => l.StartsWith("incident.unanswered", StringComparison.Ordinal)))
        {
            var told = _store.PagesOf(incident.Number).Exists(p => p.Kind == MessageKind.Unanswered && p.Epoch == incident.Epoch);
            Check(told || _estates[1].Responders.Administrators().Recipients.Count == 0, "R3", $"nobody answered incident {incident.Number}, and no administrator is told", incident.Number);
        }
    }

    private void IncidentIsCared(long number)
    {
        var incident = _store.Incident(number);
        var pages = _store.PagesOf(number);
        foreach (var page in pages)
        {
            PlannedRightly(incident, page);
            Check(page.Status != PageStatus.Queued || _store.HasLiveJob(page.JobKey), "R25", $"page {page.Id} of incident {number} waits, but nothing works on it", page);
        }

        var (counted, firing) = _store.FiringOf(number);
        Check(counted == firing, "R2", $"incident {number} counts {counted} alerts as firing, of which {firing} fire", number);
        Check(incident.FiringCount == counted, "R2", $"incident {number} says {incident.FiringCount} alerts fire, and {counted} do", number);
        if (!incident.IsOpen)
        {
            return;
        }

        Check(counted > 0 || incident.Status != IncidentStatus.Triggered || incident.Reopened > 0 || incident.Step >= 0, "R2", $"incident {number} is open, and nothing fires", number);
        if (incident.Status == IncidentStatus.Snoozed || incident is { Status: IncidentStatus.Triggered, Escalation: EscalationStatus.Waiting or EscalationStatus.Paging })
        {
            Check(_store.HasLiveJob($"wake/{number}/{incident.Epoch}"), "P1", $"incident {number} is {incident.Status}, {incident.Escalation} without a wake-up", number);
            Check(incident.NextAt is not null, "P1", $"incident {number} does not say what is next", number);
        }
        else if (incident is { Status: IncidentStatus.Triggered, Escalation: EscalationStatus.Exhausted })
        {
            Check(
                incident.NextAt is null ? _given.Contains(number) : _store.HasLiveJob($"wake/{number}/{incident.Epoch}"), "P1",
                $"incident {number} is not answered, and nobody will hear of it again", number);
            Check(_excused.Contains(number), "P1", $"incident {number} is {incident.Escalation}, and no line says why", number);
        }
        else if (incident is { Status: IncidentStatus.Acknowledged, Policy.RepageAfter: not null })
        {
            Check(_store.HasLiveJob($"wake/{number}/{incident.Epoch}"), "P1", $"incident {number} was acknowledged, and nobody will ask about it", number);
        }
        else if (incident.Status == IncidentStatus.Triggered)
        {
            Check(_excused.Contains(number), "P1", $"incident {number} is {incident.Escalation}, and no line says why", number);
        }

        if (incident is { Status: IncidentStatus.Triggered, Escalation: EscalationStatus.Paging })
        {
            var step = pages.Where(p => p.Kind == MessageKind.Page && p.Epoch == incident.Epoch).ToArray();
            Check(step.Length > 0, "R15", $"incident {number} waits at step {incident.Step + 1}, which pages nobody", number);
            Check(step.Any(p => p.Status is PageStatus.Queued or PageStatus.Sent or PageStatus.Bundled), "R3", $"incident {number} waits at step {incident.Step + 1}, of which all pages failed", number);
            foreach (var ladder in step.GroupBy(p => p.RecipientId))
            {
                Check(
                    !ladder.Any(p => p.Status == PageStatus.Failed && p.Reason?.EndsWith(" is disabled, and not paged.", StringComparison.Ordinal) != true) || ladder.Any(p => p.Status == PageStatus.Sent || (p.Status == PageStatus.Queued && p.FirstTryAt is not null))
                        || ladder.All(p => p.Status != PageStatus.Queued) || ladder.Any(p => p.Status == PageStatus.Queued && p.DueAt <= _world.Now + Skew)
                        || ladder.Any(p => p.Status == PageStatus.Bundled && OneForMany(p, _store.AllPages()) is { FirstTryAt: not null }),
                    "R9", $"{ladder.Key} of incident {number} waits for the next method although the one before failed", number);
            }
        }
    }

    // ---- each request

    public void Arrived(Request request)
    {
        var message = request.Message;
        if (message.Kind == MessageKind.Note)
        {
            // News of shifts and swaps is about no incident.
            return;
        }

        var requests = _requests.TryGetValue(message.Key, out var known) ? known : _requests[message.Key] = [];
        var page = _store.PageOfKey(message.Key);
        Check(page is not null, "R2", $"{request.Target} was sent something that is not stored", message.Incident);
        if (page is null)
        {
            return;
        }

        // Of those that waited the first that is still wanted is told about: the incident of the message may change.
        var what = $"{message.Kind} {page.Incident} {page.Round} {page.Step} {page.Epoch} {request.Target}";
        Check(_keys.TryAdd(message.Key, what) || _keys[message.Key] == what, "R4", $"one key for {what} and {_keys[message.Key]}", page);
        Check(
            page.Kind != MessageKind.Page || _keyOf.TryAdd(what, message.Key) || _keyOf[what] == message.Key, "R4", $"two keys for {what}: {message.Key} and {_keyOf.GetValueOrDefault(what)}", page);
        NotForNothing(request, requests, page);
        InTime(request, requests, page);
        StillWanted(request, page);
        requests.Add(request);
    }

    /// <summary>R5: nothing is sent twice unless the first did not arrive, or a fault lies between.</summary>
    private void NotForNothing(Request request, List<Request> earlier, PageRow page)
    {
        foreach (var before in earlier)
        {
            var heardInTime = before.Heard is SendOutcome.TryAgain && before.HeardAt <= request.At;
            Check(
                heardInTime || _cluster.AnyFault(before.Node, before.At, request.At) || WasCut(before, request.At),
                "R5", $"page {page.Id} is sent again, although {before.Node.Name} sent it at {Time(before.At)} ({before.Heard?.ToString() ?? "no answer yet"}) and nothing went wrong", page);
        }

        if (earlier.Count > 0 && earlier[^1] is { Heard: SendOutcome.TryAgain again, HeardAt: { } heardAt })
        {
            var end = page.FirstTryAt + RetryPlan.GiveUpAfter;
            var waited = request.At - heardAt;
            Check(
                again.RetryAfter is not { } asked || waited >= asked - Skew || request.At >= end?.AddSeconds(-1) - Skew || _cluster.AnyFault(earlier[^1].Node, earlier[^1].At, request.At),
                "R9", $"page {page.Id} was tried again after {waited}, the provider asked for {again.RetryAfter}", page);
            Check(
                again.RetryAfter is not null || earlier.Count > 1 || _notTried.Contains(page.Id) || waited <= TimeSpan.FromSeconds(5) + Prompt || _cluster.LastFault(request.At) >= heardAt.AddSeconds(-20),
                "R9", $"page {page.Id} was first tried again after {waited}", page);
        }
    }

    /// <summary>A send that a stopping node gave up: whether it arrived, nobody knows.</summary>
    private bool WasCut(Request request, DateTimeOffset now) => request.Heard is null && _cluster.All.First(n => n.Actor == request.Node).IsStopping && request.At < now;

    /// <summary>R6: the first attempt is at its time, or soon after the last thing that went wrong.</summary>
    private void InTime(Request request, List<Request> earlier, PageRow page)
    {
        if (earlier.Count > 0 || page.Attempts > 0)
        {
            return;
        }

        Check(request.At >= page.DueAt - Skew, "R6", $"page {page.Id} was sent {page.DueAt - request.At} early", page);
        var fault = _cluster.LastFault(request.At);
        var limit = fault < page.DueAt.AddSeconds(-1) ? page.DueAt + Prompt : Later(page.DueAt, fault) + TimeSpan.FromSeconds(20) + Prompt;
        Check(request.At <= limit || _cluster.Nodes.Where(n => n.IsUp).All(n => n.StartedAt > page.DueAt), "R6", $"page {page.Id} was due at {Time(page.DueAt)}", page);
    }

    /// <summary>R7: a second after somebody was told that it is answered, nothing decided before is sent.</summary>
    private void StillWanted(Request request, PageRow page)
    {
        if (page.Kind == MessageKind.Page && _answered.TryGetValue(page.Incident, out var answer) && page.Epoch < answer.WantedFrom)
        {
            Check(request.At <= answer.At.AddSeconds(1), "R7", $"page {page.Id} was sent {(request.At - answer.At).TotalSeconds:0.0} s after the answer", page);
        }

        if (_cancelledAt.TryGetValue(page.Id, out var cancelled))
        {
            Check(request.At <= cancelled.AddSeconds(1), "R7", $"page {page.Id} was sent {(request.At - cancelled).TotalSeconds:0.0} s after it was called off", page);
        }
    }

    /// <summary>R17: a node that ended as it was told holds nothing that others would have to wait for.</summary>
    public void Stopped(SimulatedNode node)
    {
        var held = _store.LeasesOf(node.Name);
        Check(held == 0, "R17", $"{node.Name} has stopped and still holds {held} jobs");
    }

    // ---- each answer

    public void Answered(IncidentState state)
    {
        if (state.Status != IncidentStatus.Triggered)
        {
            _answered[state.Number] = (_world.Now, state.WantedFromEpoch);
        }
    }

    /// <summary>R1: what was answered is there.</summary>
    public void Stored(SenderAlert alert, Signal signal) =>
        Check(_store.AlertOf(alert.Key) is not null, "R1", $"{alert.Key} {signal.Status} was answered and is not there");

    // ---- each second, and the end

    private bool LaneIsFull(PageRow page) => _providers.Requests.Count(
        r => r.Target == $"{page.Recipient}/{page.Method}" && r.Heard is null && _world.Now - r.At <= Providers.Timeout) >= _scenario.Jobs.LaneConcurrency / 2;

    private void NothingIsOverdue()
    {
        // A node that stood still may store a job that was due before.
        var ready = _store.Ready(_world.Now);
        foreach (var gone in _readySince.Keys.Except(ready).ToList())
        {
            _readySince.Remove(gone);
        }

        foreach (var key in ready)
        {
            _readySince.TryAdd(key, _world.Now);
        }

        if (_cluster.HealthySince() is not { } healthy)
        {
            return;
        }

        if (_store.Oldest() is { } oldest)
        {
            var since = Later(Later(oldest.ReadyAt, _readySince.GetValueOrDefault(oldest.Key, _world.Now).AddSeconds(-1)), healthy);
            if (oldest.Key.StartsWith("page/", StringComparison.Ordinal) && LaneIsFull(_store.Page(long.Parse(oldest.Key["page/".Length..]))))
            {
                // It waits behind others of its target, which hang; they are cut after ten seconds.
                since = _world.Now;
            }

            Check(_world.Now - since <= Prompt, "R6", $"job {oldest.Key} is ready since {Time(oldest.ReadyAt)}, and nobody works it");
        }

        foreach (var node in _cluster.Nodes.Where(n => n.IsUp && !n.Actor.IsFrozen && _world.Now - n.HealthySince > TimeSpan.FromSeconds(30)))
        {
            // R24: what a watcher outside is told. The canary comes each minute, on one of the nodes.
            Check(node.Readiness.Check() is null, "R24", $"{node.Name} is well, and says: {node.Readiness.Check()}");
        }

        foreach (var node in _cluster.Nodes.Where(n => n.IsUp && !n.Actor.IsFrozen))
        {
            // A send takes 10 s at most, and one whose lease was lost is cut.
            _taken[node.Name] = node.Active > 0 && _store.LeasesOf(node.Name) == 0 ? _taken.GetValueOrDefault(node.Name) + 1 : 0;
            Check(_taken[node.Name] < 20, "R25", $"{node.Name} holds no job, and {node.Active} places for jobs are taken since 20 s");
        }

        var canaries = _cluster.Nodes.Where(n => n.IsUp).Select(n => n.Readiness.CanaryAt ?? DateTimeOffset.MinValue).Append(healthy).Max();
        Check(_cluster.Nodes.Any(n => !n.IsUp || n.Actor.IsFrozen || _world.Now - n.HealthySince < TimeSpan.FromSeconds(90)) || _world.Now - canaries <= TimeSpan.FromSeconds(75) + Prompt, "R24", $"no canary since {Time(canaries)}");

        var silences = _store.Silences(_estates[1]);
        var firing = _store.Firing();
        foreach (var incident in _store.AllIncidents())
        {
            if (!incident.IsSnoozedBySilence || _store.FiringIn(incident.Number) is { Count: > 0 } its && its.TrueForAll(alert => Mutes(alert, firing, silences)))
            {
                _quietForNothingSince.Remove(incident.Number);
            }
            else if (!_quietForNothingSince.TryAdd(incident.Number, _world.Now))
            {
                Check(
                    _world.Now - Later(_quietForNothingSince[incident.Number], healthy) <= _unmuted + Skew,
                    "R3", $"incident {incident.Number} is quiet for {incident.SnoozedBy}, and one of its alerts is muted by nothing since {Time(_quietForNothingSince[incident.Number])}", incident.Number);
            }
        }

        foreach (var alert in firing)
        {
            Check(
                alert.State.ExpiresAt is not { } end || _world.Now - Later(end, healthy) <= _prompt + Skew, "R25", $"alert {alert.Document.DedupKey} is over since {Time(alert.State.ExpiresAt ?? default)}");
            if (!alert.Silenced || Mutes(alert, firing, silences))
            {
                _unmutedSince.Remove(alert.Id);
            }
            else if (!_unmutedSince.TryAdd(alert.Id, _world.Now))
            {
                Check(_world.Now - Later(_unmutedSince[alert.Id], healthy) <= _unmuted + Skew, "R3", $"alert {alert.Document.DedupKey} is muted, and no silence mutes it since {Time(_unmutedSince[alert.Id])}");
            }
        }
    }

    /// <summary>R13: five minutes are five minutes within 5 s, whatever the wall clock does, and nodes agree.</summary>
    private void TimeIsKept()
    {
        _clock.Enqueue((_world.Elapsed, _world.Now));
        if (_clock.Count > 300)
        {
            var (began, said) = _clock.Dequeue();
            var wrong = _world.Now - said - (_world.Elapsed - began);
            Check(wrong.Duration() <= TimeSpan.FromSeconds(5), "R13", $"five minutes are wrong by {wrong.TotalSeconds:0.0} s");
        }

        foreach (var node in _cluster.Nodes.Where(n => n.IsUp && !n.Actor.IsFrozen))
        {
            Check((node.Clock - _world.Now).Duration() <= Skew + TimeSpan.FromSeconds(1), "R13", $"the clock of {node.Name} is {(node.Clock - _world.Now).TotalSeconds:0.0} s ahead of the others");
        }
    }

    public bool IsQuiet(Senders senders) => _store.Jobs() == 0 && senders.AreDone && _cluster.Nodes.All(n => n.IsUp && !n.Actor.IsFrozen);

    public string Unfinished(Senders senders) =>
        $"{_store.Jobs()} jobs, the oldest {_store.Oldest()?.Key}; senders done: {senders.AreDone}; nodes up: {_cluster.Nodes.Count(n => n.IsUp)}";

    /// <summary>When all is done: everybody agrees with everybody.</summary>
    public void Finish(Senders senders)
    {
        foreach (var alert in senders.Alerts)
        {
            var row = _store.AlertOf(alert.Key);

            // Its sender fell silent, and a restart gave it time to be heard again; or a person said that it is over.
            var mayDiffer = alert.Fires ? row?.State.EndedBy == EndedBy.Person : row?.State.ExpiresAt > _world.Now;
            Check((row?.State.Status == AlertStatus.Firing) == alert.Fires || mayDiffer, "R1", $"{alert.Key} {(alert.Fires ? "fires" : "does not fire")}, and the store says {row?.State.Status}");
            if (row is not null)
            {
                AlertIsCared(row);
            }
        }

        foreach (var incident in _store.AllIncidents())
        {
            IncidentIsCared(incident.Number);
            Check(incident.Status != IncidentStatus.Snoozed, "R25", $"incident {incident.Number} is still snoozed", incident.Number);
            Check(
                incident.Status != IncidentStatus.Triggered || incident.Escalation is EscalationStatus.Exhausted or EscalationStatus.Stopped,
                "R3", $"incident {incident.Number} is {incident.Escalation}, and nothing is left to do", incident.Number);
        }

        var pages = _store.AllPages();
        NobodyIsCalledTwice(pages);
        foreach (var minute in pages.Where(p => p is { Kind: MessageKind.Page, RecipientKind: RecipientKind.User, Attempts: > 0 }).GroupBy(p => (p.Recipient, p.Method, Minute: PagePlanner.MinuteOf(PlannedAt(p)))))
        {
            Check(minute.Count() <= PagePlanner.MostPerMinute(_estates[1], minute.Key.Recipient, _scenario.Paging), "R21", $"{minute.Key.Recipient} was due {minute.Count()} pages by {minute.Key.Method} within a minute", minute.First());
        }

        foreach (var page in pages)
        {
            PageIsDone(page);
            Check(
                page.Status != PageStatus.Bundled || OneForMany(page, pages) is not null,
                "R21", $"page {page.Id} is told by one message for many, and there is none", page);
        }
    }

    /// <summary>The message that tells a bundled page together with others.</summary>
    private static PageRow? OneForMany(PageRow bundled, List<PageRow> pages) => pages.Find(
        p => p.Kind == (bundled.Facts.Quiet ? MessageKind.Waited : MessageKind.More) && p.RecipientId == bundled.RecipientId && p.Method == bundled.Method
            && p.Facts.Minute == PagePlanner.MinuteOf(bundled.DueAt));

    private DateTimeOffset PlannedAt(PageRow page) => _planned[page.Id].DueAt;

    /// <summary>Nobody is called twice within a minute for one group, unless it became urgent between. What reached no provider was no call.</summary>
    private void NobodyIsCalledTwice(List<PageRow> pages)
    {
        foreach (var ladders in pages.Where(p => p is { Kind: MessageKind.Page, RecipientKind: RecipientKind.User })
            .GroupBy(p => (p.Incident, p.Recipient)))
        {
            var starts = ladders.GroupBy(p => p.Epoch).Where(l => l.Any(MayHaveRung))
                .Select(l => (Page: l.MinBy(PlannedAt)!, At: l.Min(PlannedAt))).OrderBy(l => l.Page.Epoch).ToArray();
            for (var i = 1; i < starts.Length; i++)
            {
                var raised = _planned[starts[i].Page.Id].Raised != _planned[starts[i - 1].Page.Id].Raised;
                Check(
                    raised || starts[i].Page.Facts.Quiet || starts[i - 1].Page.Facts.Quiet || starts[i].At - starts[i - 1].At >= TimeSpan.FromSeconds(60), "C08",
                    $"{ladders.Key.Recipient} is called for incident {ladders.Key.Incident} {(starts[i].At - starts[i - 1].At).TotalSeconds:0.0} s after the last time", starts[i].Page);
            }
        }
    }

    private bool MayHaveRung(PageRow page) => page.Status == PageStatus.Bundled || (_requests.GetValueOrDefault(page.Key)?.Exists(r => r.Accepted) ?? false);

    private static string PolicyText(IncidentState incident) =>
        $"{incident.Policy.Name} {incident.Policy.Rounds}: {string.Join("; ", incident.Policy.Steps.Select(s => $"{s.Wait} {string.Join(' ', s.Notify)} {s.RoundRobin} {s.When}"))} {incident.Policy.RepageAfter}";

    private void PageIsDone(PageRow page)
    {
        var requests = _requests.GetValueOrDefault(page.Key) ?? [];
        Check(page.Status != PageStatus.Queued, "R3", $"page {page.Id} still waits", page);
        Check(page.Status != PageStatus.Sent || requests.Exists(r => r.Accepted), "R9", $"page {page.Id} is called sent, and nobody got it", page);
        Check(page.Attempts == _attemptLines.GetValueOrDefault(page.Id), "R27", $"page {page.Id} has {page.Attempts} attempts and {_attemptLines.GetValueOrDefault(page.Id)} in the log", page);

        // Whatever a node heard and could store, it has stored.
        var clean = requests.Count(r => r.HeardAt is { } heard && !_cluster.AnyFault(r.Node, r.At.AddSeconds(-15), heard.AddSeconds(3)));
        Check(page.Attempts >= clean, "R27", $"page {page.Id} has {page.Attempts} attempts, and {clean} were heard of", page);
    }

    private string Time(DateTimeOffset at) => $"{(at - VirtualClock.Start).TotalSeconds:0.000}";

    private void Check(bool holds, string rule, string otherwise, PageRow page) => Check(holds, rule, otherwise, page.Incident);

    private void Check(bool holds, string rule, string otherwise, long? incident = null)
    {
        if (!holds)
        {
            Break(rule, otherwise, incident);
        }
    }

    private void Break(string rule, string what, long? incident = null)
    {
        _world.Say("JUDGE", $"{rule}: {what}");
        _world.Fail(new BrokenPromiseException(rule, what, incident));
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
