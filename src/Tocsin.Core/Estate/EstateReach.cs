using Tocsin.Escalation;
using Tocsin.Incidents;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>A page to a person that would be due.</summary>
/// <param name="After">Time since the escalation began.</param>
/// <param name="Method">What it comes by.</param>
public sealed record ForeseenPage(string User, TimeSpan After, Notify.ContactMethod Method);

/// <summary>Whom a step would reach.</summary>
/// <param name="After">When it begins, since the escalation did.</param>
/// <param name="Recipients">User names, and channels as <c>channel:NAME</c>.</param>
/// <param name="Because">How its targets led there, or why they led to nobody.</param>
public sealed record ForeseenReach(TimeSpan After, IReadOnlyList<string> Recipients, string Because);

/// <summary>
/// Whom the steps of a policy would reach, asked before anything happens. Compiles a schedule when it is first asked for; not for
/// several threads at once.
/// </summary>
public sealed class EstateReach
{
    private readonly EstateModel _model;
    private readonly Dictionary<string, CompiledSchedule> _schedules = new(StringComparer.Ordinal);
    private readonly Responders _responders;
    private readonly Responders _everOnCall;

    public EstateReach(EstateModel model)
    {
        _model = model;
        _responders = new(model, (schedule, at) => Schedule(schedule).At(at));
        _everOnCall = new(model, (schedule, _) => new(Everybody(model, model.Schedules[schedule]), null, "at some time"));
    }

    /// <exception cref="KeyNotFoundException">The model has no such schedule.</exception>
    public CompiledSchedule Schedule(string name)
    {
        if (!_schedules.TryGetValue(name, out var compiled))
        {
            _schedules[name] = compiled = OnCallCalendar.Compile(_model.Schedules[name]);
        }

        return compiled;
    }

    /// <summary>Whether the step can reach anybody, or a channel, at any time.</summary>
    public bool CanReach(PolicyStep step) => step.Notify.Any(target => _everOnCall.Resolve(target, Urgency.High, default).Recipients.Count > 0);

    /// <summary>
    /// The first page of a policy to a person when nobody answers, as the escalation would decide it: conditions, quiet hours and pace count.
    /// Null when no step reaches a person. Of a team whose members take turns it is the first.
    /// </summary>
    /// <param name="priority">The alert's; null: none.</param>
    public ForeseenPage? FirstPage(Policy policy, Urgency urgency, string? priority, DateTimeOffset at)
    {
        (string User, DateTimeOffset At, Notify.ContactMethod Method)? first = null;
        foreach (var step in Foresight.Of(policy, urgency, priority, _responders, at))
        {
            if (first is { } found && found.At <= step.At)
            {
                break;
            }

            foreach (var call in step.Calls.Where(c => c.To.Kind == RecipientKind.User))
            {
                foreach (var rung in call.To.Rungs)
                {
                    first = first is { } earlier && earlier.At <= call.DueAt(rung) ? first : (call.To.Name, call.DueAt(rung), rung.Method);
                }
            }
        }

        return first is { } page ? new(page.User, page.At - at, page.Method) : null;
    }

    /// <summary>Whom each step would reach in the first round when nobody answers.</summary>
    /// <param name="priority">The alert's; null: none.</param>
    public IReadOnlyList<ForeseenReach> Steps(Policy policy, Urgency urgency, string? priority, DateTimeOffset at) =>
    [
        .. Foresight.Of(policy, urgency, priority, _responders, at).TakeWhile(step => step is { Round: 1, Again: false }).Select(step => new ForeseenReach(
            step.At - at,
            [.. step.Reach.Recipients.Select(r => r.To.Kind == RecipientKind.User ? r.To.Name : r.To.Id).Distinct(StringComparer.Ordinal)],
            step.Reach.Skipped is { } skipped ? $"it does not count then: {skipped}" : string.Join("; ", step.Reach.Targets.Select(t => t.Reached.Because)))),
    ];

    /// <summary>A calendar may name anybody.</summary>
    private static IReadOnlyList<string> Everybody(EstateModel model, Schedule schedule) =>
        schedule.Calendar is not null ? [.. model.Users.Keys] : [.. schedule.Rotations.SelectMany(rotation => rotation.InTurn()).SelectMany(users => users), .. schedule.Overrides.Select(o => o.User)];
}
