using System.Text.Json;

namespace Tocsin.Audit;

/// <summary>Something in a chain that is not as it was written.</summary>
/// <param name="Seq">The entry where it shows.</param>
/// <param name="Text">What is wrong, in a sentence.</param>
public sealed record AuditFault(long Seq, string Text);

/// <summary>
/// Looks through one chain, entry by entry in the order of their numbers as they are stored, and says what was altered, removed, inserted or moved.
/// A tail that was cut off shows only against an anchor that lies in it.
/// </summary>
/// <param name="anchors">Entries that were noted elsewhere.</param>
public sealed class AuditCheck(IReadOnlyList<AuditAnchor> anchors)
{
    /// <summary>The action of the entry that says what the retention removed, and so vouches for where a chain now begins.</summary>
    public const string Forgotten = "audit.forgotten";

    private const int MostFaults = 100;

    private readonly List<AuditFault> _faults = [];
    private readonly Dictionary<long, string> _anchored = [];
    private AuditLink? _first;
    private AuditLink? _last;
    private AuditAnchor? _forgotten;

    /// <summary>How many entries were looked at.</summary>
    public long Count { get; private set; }

    /// <summary>The first entry; null: there was none.</summary>
    public long? First => _first?.Seq;

    /// <summary>The last entry; null: there was none.</summary>
    public AuditAnchor? Head => _last is null ? null : new(_last.Seq, _last.Hash);

    /// <summary>Looks at the next entry.</summary>
    public void Add(AuditLink link)
    {
        Count++;
        if (AuditLink.HashOf(link) != link.Hash)
        {
            Fault(link.Seq, $"entry {link.Seq} was altered: its hash is not that of what it says");
        }

        if (_last is null)
        {
            _first = link;
        }
        else
        {
            CheckOrder(_last, link);
        }

        if (anchors.Any(a => a.Seq == link.Seq))
        {
            _anchored[link.Seq] = link.Hash;
        }

        if (link.Action == Forgotten && ForgottenIn(link.Data) is { } through && through.Seq > (_forgotten?.Seq ?? 0))
        {
            _forgotten = through;
        }

        _last = link;
    }

    /// <summary>What was found, once all entries were added; empty: the chain is sound.</summary>
    public IReadOnlyList<AuditFault> Finish()
    {
        if (_first is not null)
        {
            CheckStart(_first);
        }

        foreach (var anchor in anchors)
        {
            CheckAnchor(anchor);
        }

        return _faults;
    }

    /// <summary>The data of the entry that vouches for a start.</summary>
    public static string DataOf(AuditAnchor forgotten) => $$"""{"through":{{forgotten.Seq}},"hash":"{{forgotten.Hash}}"}""";

    private void CheckOrder(AuditLink before, AuditLink link)
    {
        if (link.Workspace != before.Workspace)
        {
            Fault(link.Seq, $"entry {link.Seq} belongs to the chain of workspace {link.Workspace}, those before it to {before.Workspace}");
        }
        else if (link.Seq > before.Seq + 1)
        {
            Fault(link.Seq, link.Seq == before.Seq + 2 ? $"entry {before.Seq + 1} is missing" : $"entries {before.Seq + 1} to {link.Seq - 1} are missing");
        }
        else if (link.Seq <= before.Seq)
        {
            Fault(link.Seq, $"entry {link.Seq} stands after entry {before.Seq}");
        }
        else if (link.Prev != before.Hash)
        {
            Fault(link.Seq, $"entry {link.Seq} does not follow from entry {before.Seq} as it is now: one of them was replaced");
        }
    }

    /// <summary>A chain begins with entry 1, or where the chain itself or an anchor says that the entries before it went.</summary>
    private void CheckStart(AuditLink first)
    {
        var before = new AuditAnchor(first.Seq - 1, first.Prev);
        if (first.Seq == 1 && _forgotten is null)
        {
            if (first.Prev != AuditLink.Genesis)
            {
                Fault(1, "entry 1 follows something: the beginning was replaced");
            }
        }
        else if (before != _forgotten && !anchors.Contains(before))
        {
            Fault(first.Seq, _forgotten is null
                ? $"the entries before {first.Seq} are missing, and nothing says that they were removed after their time"
                : $"the chain begins with entry {first.Seq}, and says that it was cut after entry {_forgotten.Seq}");
        }
    }

    private void CheckAnchor(AuditAnchor anchor)
    {
        if (_anchored.TryGetValue(anchor.Seq, out var hash))
        {
            if (hash != anchor.Hash)
            {
                Fault(anchor.Seq, $"entry {anchor.Seq} is not the one that was noted: the chain was written anew");
            }
        }
        else if (anchor.Seq == _first?.Seq - 1)
        {
            if (_first?.Prev != anchor.Hash)
            {
                Fault(anchor.Seq, $"entry {_first?.Seq} does not follow from the entry {anchor.Seq} that was noted: the chain was written anew");
            }
        }
        else if (anchor.Seq > (_last?.Seq ?? 0))
        {
            Fault(anchor.Seq, $"the chain ends with entry {_last?.Seq ?? 0}, and entry {anchor.Seq} was noted: the end is missing");
        }
    }

    private static AuditAnchor? ForgottenIn(string data)
    {
        try
        {
            using var json = JsonDocument.Parse(data);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("through", out var through) && through.TryGetInt64(out var seq)
                && json.RootElement.TryGetProperty("hash", out var hash) && hash.ValueKind == JsonValueKind.String
                ? new(seq, hash.GetString()!)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private void Fault(long seq, string text)
    {
        if (_faults.Count < MostFaults)
        {
            _faults.Add(new(seq, text));
        }
    }
}
