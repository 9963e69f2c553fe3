namespace Tocsin.Estate;

/// <summary>Compares what is stored with what is wanted, by content: order of keys, quoting and comments do not count.</summary>
internal sealed class EstateDiff(EstateSecrets secrets)
{
    private const int MaxShown = 80;

    /// <summary>The plan for one workspace.</summary>
    /// <param name="current">All stored objects of the workspace.</param>
    /// <param name="desired">The wanted ones, stored secrets already restored.</param>
    /// <param name="prune">Whether a stored object goes that is not among the wanted.</param>
    public EstatePlan Plan(string workspace, IReadOnlyList<EstateObject> current, IReadOnlyList<EstateObject> desired, Func<EstateObject, bool> prune)
    {
        var stored = current.ToDictionary(o => o.Key);
        var wanted = desired.Select(o => o.Key).ToHashSet();
        var changes = desired
            .Select(after => stored.TryGetValue(after.Key, out var before) ? Compare(before, after) : new(EstateAction.Create, null, after, []))
            .Concat(current.Where(o => !wanted.Contains(o.Key)).Select(o => prune(o)
                ? new EstateChange(EstateAction.Delete, o, null, [])
                : new EstateChange(EstateAction.Keep, o, o, [])));
        return new(workspace, [.. changes.OrderBy(c => Order(c.Object.Kind)).ThenBy(c => c.Object.Name, StringComparer.Ordinal)]);
    }

    private EstateChange Compare(EstateObject before, EstateObject after)
    {
        var edits = new List<EstateEdit>();
        Compare(new(before.Body, secrets.Mask(before).Body), new(after.Body, secrets.Mask(after).Body), "", edits);

        // From file to file only the line moves; that is no change to anybody.
        if (before.Origin is null != after.Origin is null)
        {
            edits.Add(new("managed by", before.Origin ?? "people", after.Origin ?? "people"));
        }

        return new(edits.Count == 0 ? EstateAction.Keep : EstateAction.Update, before, after, edits);
    }

    /// <summary>A node as it is compared, and the same node as it is shown.</summary>
    private readonly record struct Pair(EstateNode Real, EstateNode Shown);

    private static void Compare(Pair a, Pair b, string path, List<EstateEdit> edits)
    {
        if (EstateNode.Same(a.Real, b.Real))
        {
            return;
        }

        if (a.Real is EstateMap && b.Real is EstateMap)
        {
            CompareChildren(Children(a), Children(b), key => EstateChecker.Join(path, key), edits);
        }
        else if (Items(a) is { } before && Items(b) is { } after)
        {
            var count = edits.Count;
            CompareChildren(before, after, key => $"{path}[{key}]", edits);
            if (edits.Count == count)
            {
                edits.Add(new($"{path} order", Names(before), Names(after)));
            }
        }
        else
        {
            edits.Add(new(path, Show(a.Shown), Show(b.Shown)));
        }
    }

    private static void CompareChildren(
        List<KeyValuePair<string, Pair>> before, List<KeyValuePair<string, Pair>> after, Func<string, string> path, List<EstateEdit> edits)
    {
        var old = before.ToDictionary(StringComparer.Ordinal);
        var still = after.Select(c => c.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, child) in after)
        {
            if (old.TryGetValue(key, out var was))
            {
                Compare(was, child, path(key), edits);
            }
            else
            {
                edits.Add(new(path(key), null, Show(child.Shown)));
            }
        }

        edits.AddRange(before.Where(c => !still.Contains(c.Key)).Select(c => new EstateEdit(path(c.Key), Show(c.Value.Shown), null)));
    }

    private static List<KeyValuePair<string, Pair>> Children(Pair map) =>
        [.. ((EstateMap)map.Real).Entries.Select(e => KeyValuePair.Create(e.Key, new Pair(e.Value, ((EstateMap)map.Shown).Find(e.Key)!)))];

    /// <summary>The items of a list of maps by name, or by place where names are missing or repeated; null for any other node.</summary>
    private static List<KeyValuePair<string, Pair>>? Items(Pair list)
    {
        if (list.Real is not EstateList real || !real.Items.All(i => i is EstateMap))
        {
            return null;
        }

        var shown = ((EstateList)list.Shown).Items;
        var names = real.Items.Select(i => ((EstateMap)i).TextOrNull("name")).ToArray();
        var named = names.All(n => n is not null) && names.Distinct(StringComparer.Ordinal).Count() == names.Length;
        return [.. real.Items.Select((item, i) => KeyValuePair.Create(named ? names[i]! : $"{i}", new Pair(item, shown[i])))];
    }

    private static string Names(List<KeyValuePair<string, Pair>> items) => Short(string.Join(", ", items.Select(i => i.Key)));

    private static string Show(EstateNode node) => Short(node is EstateScalar scalar ? scalar.Written : EstateJson.Write(node));

    private static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= MaxShown ? line : $"{line[..MaxShown]}…";
    }

    private static int Order(string kind)
    {
        for (var i = 0; i < EstateTable.Kinds.Count; i++)
        {
            if (EstateTable.Kinds[i].Id == kind)
            {
                return i;
            }
        }

        return EstateTable.Kinds.Count;
    }
}
