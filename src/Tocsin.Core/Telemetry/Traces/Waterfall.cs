namespace Tocsin.Telemetry;

/// <summary>Something that happened within a trace: a span, or a line of a log, on which nothing hangs.</summary>
/// <param name="Id">Empty: nothing can hang on it.</param>
/// <param name="ParentId">Empty: it begins the trace.</param>
/// <param name="Matters">It is kept before others where not all can be shown: it failed.</param>
public readonly record struct WaterfallItem(string Id, string ParentId, DateTimeOffset At, TimeSpan Duration, bool Matters);

/// <summary>Why a row stands where it does.</summary>
public enum WaterfallPlace
{
    /// <summary>Beneath what it belongs to.</summary>
    Child,

    /// <summary>At the top: it belongs to nothing.</summary>
    Root,

    /// <summary>At the top, since what it belongs to is not there.</summary>
    Orphan,

    /// <summary>At the top, since what it belongs to belongs to it.</summary>
    Circle,
}

/// <param name="Index">Of the item.</param>
/// <param name="Depth">0 at the top.</param>
/// <param name="LeftOut">So many items beneath it are not shown.</param>
public readonly record struct WaterfallRow(int Index, int Depth, WaterfallPlace Place, int LeftOut);

/// <summary>The items of a trace as a tree from top to bottom, whatever its senders say of who belongs to whom.</summary>
/// <param name="LeftOut">So many items are not among the rows.</param>
public sealed record Waterfall(IReadOnlyList<WaterfallRow> Rows, int LeftOut)
{
    private const int None = -1;

    /// <summary>
    /// Each item once, beneath what it belongs to and in the order of time. Where there are too many, those that matter and then those that took longest are shown, each with all
    /// that it belongs to.
    /// </summary>
    /// <param name="most">Rows, at least 1.</param>
    public static Waterfall Of(IReadOnlyList<WaterfallItem> items, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var (parents, places) = Parents(items);
        var children = Children(items, parents);
        BreakCircles(items, parents, places, children);
        var shown = items.Count <= most ? null : Chosen(items, parents, most);
        var left = shown is null ? null : LeftOutBeneath(parents, children, shown);

        List<WaterfallRow> rows = [];
        Stack<(int Item, int Depth)> open = [];
        foreach (var top in children[items.Count].AsEnumerable().Reverse())
        {
            open.Push((top, 0));
        }

        while (open.TryPop(out var next))
        {
            var (item, depth) = next;
            if (shown?[item] == false)
            {
                continue;
            }

            rows.Add(new(item, depth, places[item], left?[item] ?? 0));
            for (var i = children[item].Count - 1; i >= 0; i--)
            {
                open.Push((children[item][i], depth + 1));
            }
        }

        return new(rows, items.Count - rows.Count);
    }

    private static (int[] Parents, WaterfallPlace[] Places) Parents(IReadOnlyList<WaterfallItem> items)
    {
        Dictionary<string, int> byId = new(StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].Id.Length > 0)
            {
                byId.TryAdd(items[i].Id, i);
            }
        }

        var (parents, places) = (new int[items.Count], new WaterfallPlace[items.Count]);
        for (var i = 0; i < items.Count; i++)
        {
            (parents[i], places[i]) = items[i].ParentId.Length == 0 ? (None, WaterfallPlace.Root)
                : byId.TryGetValue(items[i].ParentId, out var parent) ? (parent, WaterfallPlace.Child)
                : (None, WaterfallPlace.Orphan);
        }

        return (parents, places);
    }

    /// <returns>Of each item, and behind them of the top.</returns>
    private static List<int>[] Children(IReadOnlyList<WaterfallItem> items, int[] parents)
    {
        var children = new List<int>[items.Count + 1];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = [];
        }

        foreach (var item in Enumerable.Range(0, items.Count).OrderBy(i => items[i].At).ThenBy(static i => i))
        {
            children[parents[item] == None ? items.Count : parents[item]].Add(item);
        }

        return children;
    }

    /// <summary>What no top leads to goes round in a circle; the earliest of each is put at the top.</summary>
    private static void BreakCircles(IReadOnlyList<WaterfallItem> items, int[] parents, WaterfallPlace[] places, List<int>[] children)
    {
        var reached = new bool[items.Count];
        Reach(children[items.Count]);
        var wasBroken = false;
        for (var i = 0; i < items.Count; i++)
        {
            if (!reached[i])
            {
                var top = EarliestInCircle(i);
                children[parents[top]].Remove(top);
                (parents[top], places[top], wasBroken) = (None, WaterfallPlace.Circle, true);
                children[items.Count].Add(top);
                Reach([top]);
            }
        }

        if (wasBroken)
        {
            children[items.Count].Sort((one, other) => (items[one].At, one).CompareTo((items[other].At, other)));
        }

        int EarliestInCircle(int item)
        {
            // So many steps up lead from any item that hangs on a circle into it.
            for (var i = 0; i < items.Count; i++)
            {
                item = parents[item];
            }

            var earliest = item;
            for (var i = parents[item]; i != item; i = parents[i])
            {
                earliest = (items[i].At, i).CompareTo((items[earliest].At, earliest)) < 0 ? i : earliest;
            }

            return earliest;
        }

        void Reach(IEnumerable<int> tops)
        {
            Stack<int> open = new(tops);
            while (open.TryPop(out var item))
            {
                if (!reached[item])
                {
                    reached[item] = true;
                    children[item].ForEach(open.Push);
                }
            }
        }
    }

    private static bool[] Chosen(IReadOnlyList<WaterfallItem> items, int[] parents, int most)
    {
        var (shown, room) = (new bool[items.Count], most);
        List<int> above = [];
        foreach (var item in Enumerable.Range(0, items.Count).OrderByDescending(i => items[i].Matters).ThenByDescending(i => items[i].Duration).ThenBy(i => items[i].At).ThenBy(static i => i))
        {
            above.Clear();
            for (var i = item; i != None && !shown[i] && above.Count <= room; i = parents[i])
            {
                above.Add(i);
            }

            if (above.Count <= room)
            {
                above.ForEach(i => shown[i] = true);
                room -= above.Count;
            }

            if (room == 0)
            {
                break;
            }
        }

        return shown;
    }

    private static int[] LeftOutBeneath(int[] parents, List<int>[] children, bool[] shown)
    {
        var left = new int[parents.Length];
        Stack<(int Item, int Shown)> open = new(children[parents.Length].Select(static top => (top, None)));
        while (open.TryPop(out var next))
        {
            var above = shown[next.Item] ? next.Item : next.Shown;
            if (above != next.Item && above != None)
            {
                left[above]++;
            }

            children[next.Item].ForEach(child => open.Push((child, above)));
        }

        return left;
    }
}
