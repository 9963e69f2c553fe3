using System.Text.Json.Nodes;
using Tocsin.Data;

namespace Tocsin.Audit;

/// <summary>
/// Refusals that wait to be stored, counted by chain, action and address. The first of its kind is due at once, those that follow a minute after the entry
/// before; where too many addresses come at a time, they are counted together.
/// </summary>
internal sealed class AuditRefusals
{
    private const int MostAddresses = 200;
    private const int MostPiles = 1000;

    private static readonly TimeSpan _window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(long Workspace, string Action, string Address), Pile> _piles = [];
    private readonly Lock _lock = new();

    /// <returns>Whether it is due at once.</returns>
    public bool Add(long workspace, AuditEntry entry, DateTimeOffset now)
    {
        lock (_lock)
        {
            var key = (workspace, entry.Action, entry.Address ?? "");
            if (!_piles.ContainsKey(key) && _piles.Count >= MostAddresses)
            {
                key = (_piles.Count >= MostPiles ? AuditStore.Installation : workspace, entry.Action, Refusals.ManyAddresses);
            }

            if (!_piles.TryGetValue(key, out var pile))
            {
                _piles[key] = pile = new();
            }

            pile.Waiting = pile.Waiting?.With(entry, now) ?? new Refusals(key.Item1, key.Item3, entry, now);
            return pile.StoredAt is null && pile.Waiting.Count == 1;
        }
    }

    /// <summary>Takes what is due, and forgets what has been quiet.</summary>
    public List<Refusals> Take(DateTimeOffset now, bool all)
    {
        lock (_lock)
        {
            List<Refusals> due = [];
            foreach (var (key, pile) in _piles.ToList())
            {
                var isOver = pile.StoredAt is not { } stored || now - stored >= _window;
                if (pile.Waiting is { } waiting && (isOver || all))
                {
                    due.Add(waiting);
                    (pile.Waiting, pile.StoredAt) = (null, now);
                }
                else if (isOver)
                {
                    _piles.Remove(key);
                }
            }

            return due;
        }
    }

    /// <summary>Takes back what could not be stored.</summary>
    public void GiveBack(IReadOnlyList<Refusals> due)
    {
        lock (_lock)
        {
            foreach (var refusals in due)
            {
                var key = (refusals.Workspace, refusals.First.Action, refusals.Address);
                if (!_piles.TryGetValue(key, out var pile))
                {
                    _piles[key] = pile = new();
                }

                (pile.Waiting, pile.StoredAt) = (refusals.And(pile.Waiting), null);
            }
        }
    }

    private sealed class Pile
    {
        public Refusals? Waiting { get; set; }

        /// <summary>When the last entry about these was stored; null: none was.</summary>
        public DateTimeOffset? StoredAt { get; set; }
    }
}

/// <summary>Refusals that become one entry.</summary>
internal sealed record Refusals(long Workspace, string Address, AuditEntry First, DateTimeOffset Since)
{
    /// <summary>Stands for the address where there are too many to tell apart.</summary>
    public const string ManyAddresses = "many";

    private const int MostSubjects = 10;

    public long Count { get; private init; } = 1;

    public DateTimeOffset Until { get; private init; } = Since;

    private IReadOnlyList<string> Subjects { get; init; } = [First.Subject];

    public Refusals With(AuditEntry entry, DateTimeOffset at) => this with
    {
        Count = Count + 1,
        Until = at,
        Subjects = Subjects.Count < MostSubjects && !Subjects.Contains(entry.Subject, StringComparer.Ordinal) ? [.. Subjects, entry.Subject] : Subjects,
    };

    public Refusals And(Refusals? later) => later is null ? this : this with
    {
        Count = Count + later.Count,
        Until = later.Until,
        Subjects = [.. Subjects.Union(later.Subjects, StringComparer.Ordinal).Take(MostSubjects)],
    };

    public (long Workspace, AuditEntry Entry) Entry() => (Workspace, Count == 1 && Address != ManyAddresses ? First : First with
    {
        Address = Address,
        Subject = Subjects is [var only] ? only : "",
        Detail = $"{First.Detail} ({Count} times from {Since:HH:mm:ss} to {Until:HH:mm:ss} UTC)",
        Data = new JsonObject
        {
            ["count"] = Count,
            ["since"] = AuditLink.TextOf(Since),
            ["until"] = AuditLink.TextOf(Until),
            ["subjects"] = new JsonArray([.. Subjects.Select(s => (JsonNode)s)]),
        }.ToJsonString(),
    });
}
