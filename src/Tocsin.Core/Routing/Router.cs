using System.Text;
using Tocsin.Alerts;

namespace Tocsin.Routing;

/// <summary>
/// Says where an alert goes: Alertmanager's tree walk. A node that matches hands the alert to its children in order; the first that matches
/// takes it, and later ones are tried only if that child says <c>continue</c>. A node none of whose children match keeps it.
/// Immutable; used by many threads at once.
/// </summary>
public sealed class Router
{
    /// <summary>Deeper trees are refused: nobody could follow an explanation of one.</summary>
    public const int MaxDepth = 32;

    /// <summary>What alerts are folded by if the root does not say.</summary>
    public static IReadOnlyList<string> DefaultGroupBy { get; } = ["alertname", "service"];

    public static TimeSpan DefaultGroupWait { get; } = TimeSpan.Zero;

    public static TimeSpan DefaultGroupInterval { get; } = TimeSpan.FromMinutes(5);

    private readonly Node _root;
    private readonly IReadOnlyDictionary<string, Estate.Service> _services;

    private Router(Node root, IReadOnlyDictionary<string, Estate.Service> services, bool makesIssues) => (_root, _services, MakesIssues) = (root, services, makesIssues);

    /// <summary>Whether any route names a repository for issues.</summary>
    public bool MakesIssues { get; }

    /// <summary>Compiles a routing tree.</summary>
    /// <param name="services">Asked for a policy when no route below the root names one; null: none.</param>
    /// <returns>An error, naming the route, for matchers on the root, a name used twice, a bad matcher or a tree that is too deep.</returns>
    public static Result<Router> Compile(Route root, IReadOnlyDictionary<string, Estate.Service>? services = null)
    {
        if (root.Match.Count > 0)
        {
            return Error.Invalid("match", $"The root route '{root.Name}' takes everything; put its matchers on a child.");
        }

        var compiler = new Compiler();
        var node = compiler.Compile(root, parent: null, depth: 1);
        return compiler.Error is { } error ? error : new Router(node!, services ?? new Dictionary<string, Estate.Service>(), compiler.MakesIssues);
    }

    public RouteDecision Decide(in RouteSubject subject)
    {
        var found = new List<Destination>(1);
        Visit(_root, subject, found, trace: null);
        return new(found, Trace: null);
    }

    /// <summary>The same decision as <see cref="Decide"/>, with the walk that led to it.</summary>
    public RouteDecision Explain(in RouteSubject subject)
    {
        var found = new List<Destination>(1);
        var trace = new List<RouteTrace>(1);
        Visit(_root, subject, found, trace);
        return new(found, trace[0]);
    }

    private bool Visit(Node node, in RouteSubject subject, List<Destination> found, List<RouteTrace>? trace)
    {
        var failed = node.FirstFailing(subject);
        if (failed >= 0)
        {
            trace?.Add(new() { Route = node.Name, Verdict = RouteVerdict.Refused, Checks = node.Checks(subject, failed), Continue = node.Continue });
            return false;
        }

        var below = trace is null ? null : new List<RouteTrace>(node.Children.Length);
        var (taken, open) = (false, true);
        foreach (var child in node.Children)
        {
            if (open)
            {
                var took = Visit(child, subject, found, below);
                taken |= took;
                open = !took || child.Continue;
            }
            else if (below is not null)
            {
                below.Add(new() { Route = child.Name, Verdict = RouteVerdict.NotReached, Continue = child.Continue });
            }
            else
            {
                break;
            }
        }

        if (!taken)
        {
            found.Add(ToDestination(node, subject));
        }

        trace?.Add(new()
        {
            Route = node.Name,
            Verdict = RouteVerdict.Matched,
            Checks = node.Checks(subject, node.Matchers.Count),
            IsDestination = !taken,
            Continue = node.Continue,
            Routes = below!,
        });
        return true;
    }

    private Destination ToDestination(Node node, in RouteSubject subject)
    {
        var service = node.Service ?? subject.Service;
        var (policy, from) = (node.Policy, node.PolicyFrom);
        if (!node.PolicyBelowRoot && service is not null && _services.TryGetValue(service, out var known) && known.Policy is { } named)
        {
            (policy, from) = (named, $"service {service}");
        }

        return new()
        {
            Route = node.Name,
            Path = node.Path,
            Policy = policy,
            PolicyFrom = from,
            // A severity that not even the source gave a default for counts as high: better woken than not.
            Urgency = node.Urgency ?? (subject.Severity is Severity.Info or Severity.Warning ? Urgency.Low : Urgency.High),
            UrgencyFixed = node.Urgency is not null,
            Service = service,
            GroupBy = node.GroupBy,
            GroupWait = node.GroupWait,
            GroupInterval = node.GroupInterval,
            Group = GroupOf(node, subject),
            Issues = node.Issues,
            ReopenIssues = node.ReopenIssues,
            Reason = node.Reason,
        };
    }

    private static GroupKey GroupOf(Node node, in RouteSubject subject)
    {
        var text = new KeyText(stackalloc char[512]);
        text.Append(node.Path);
        text.Append(":{");
        if (node.GroupByAll)
        {
            foreach (var (name, value) in subject.Labels.AsSpan())
            {
                text.AppendPair(name, value);
            }
        }
        else
        {
            foreach (var name in node.GroupBy)
            {
                text.AppendPair(name, subject.Value(name));
            }
        }

        text.Append("}");
        var key = GroupKey.Of(text.Written);
        text.Return();
        return key;
    }

    /// <summary>A route with all that it inherits.</summary>
    private sealed class Node
    {
        public required string Name { get; init; }

        public required string Path { get; init; }

        public required IReadOnlyList<CompiledMatcher> Matchers { get; init; }

        public required Node[] Children { get; set; }

        public required bool Continue { get; init; }

        public required string? Policy { get; init; }

        public required string PolicyFrom { get; init; }

        /// <summary>Whether the policy comes from this route or a parent other than the root.</summary>
        public required bool PolicyBelowRoot { get; init; }

        public required Urgency? Urgency { get; init; }

        public required string? Service { get; init; }

        public required IReadOnlyList<string> GroupBy { get; init; }

        public required bool GroupByAll { get; init; }

        public required TimeSpan GroupWait { get; init; }

        public required TimeSpan GroupInterval { get; init; }

        public required string Reason { get; init; }

        public required string? Issues { get; init; }

        public required bool ReopenIssues { get; init; }

        /// <summary>The index of the first matcher that does not hold, or -1.</summary>
        public int FirstFailing(in RouteSubject subject)
        {
            for (var i = 0; i < Matchers.Count; i++)
            {
                if (!Matchers[i].IsMatch(subject))
                {
                    return i;
                }
            }

            return -1;
        }

        /// <param name="failed">The first matcher that does not hold; their number if all do.</param>
        public MatcherCheck[] Checks(in RouteSubject subject, int failed)
        {
            var checks = new MatcherCheck[Math.Min(failed + 1, Matchers.Count)];
            for (var i = 0; i < checks.Length; i++)
            {
                var matcher = Matchers[i].Matcher;
                checks[i] = new(matcher, i != failed, subject.Values(matcher.Name));
            }

            return checks;
        }
    }

    private sealed class Compiler
    {
        private readonly HashSet<string> _names = [];

        public Error? Error { get; private set; }

        public bool MakesIssues { get; private set; }

        /// <summary>Null after the first fault, which <see cref="Error"/> then holds.</summary>
        public Node? Compile(Route route, Node? parent, int depth)
        {
            if (depth > MaxDepth)
            {
                return Fault("routes", $"Route '{route.Name}' is more than {MaxDepth} levels deep.");
            }

            if (!_names.Add(route.Name))
            {
                return Fault("name", $"Two routes are named '{route.Name}'; a route's name is unique in the tree.");
            }

            var matchers = CompiledMatcher.CompileAll(route.Match);
            if (!matchers.Ok)
            {
                return Fault("match", $"Route '{route.Name}': {matchers.Error.Detail}");
            }

            var segment = MatcherText.NeedsQuotes(route.Name) || route.Name.Contains('/') || route.Name.Contains(':')
                ? Quoted(route.Name)
                : route.Name;
            var why = route.Match.Count == 0 ? route.Name : $"{route.Name} ({string.Join(", ", route.Match.Select(MatcherText.Format))})";
            string[]? groupBy = route.GroupBy is null ? null : [.. route.GroupBy.Distinct().Order(StringComparer.Ordinal)];
            var node = new Node
            {
                Name = route.Name,
                Path = parent is null ? segment : $"{parent.Path}/{segment}",
                Matchers = matchers.Value,
                Children = [],
                Continue = route.Continue,
                Policy = route.Policy ?? parent?.Policy,
                PolicyFrom = route.Policy is null ? parent?.PolicyFrom ?? "" : $"route {route.Name}",
                PolicyBelowRoot = parent is not null && (route.Policy is not null || parent.PolicyBelowRoot),
                Urgency = route.Urgency ?? parent?.Urgency,
                Service = route.Service ?? parent?.Service,
                GroupBy = groupBy ?? parent?.GroupBy ?? DefaultGroupBy,
                GroupByAll = groupBy is null ? parent?.GroupByAll ?? false : groupBy.Contains("..."),
                GroupWait = route.GroupWait ?? parent?.GroupWait ?? DefaultGroupWait,
                GroupInterval = route.GroupInterval ?? parent?.GroupInterval ?? DefaultGroupInterval,
                Issues = route.Issues == Route.NoIssues ? null : route.Issues ?? parent?.Issues,
                ReopenIssues = route.ReopenIssues ?? parent?.ReopenIssues ?? false,
                Reason = parent is null ? why : $"{parent.Reason} → {why}",
            };

            MakesIssues |= node.Issues is not null;
            var children = new List<Node>(route.Routes.Count);
            foreach (var child in route.Routes)
            {
                if (Compile(child, node, depth + 1) is not { } compiled)
                {
                    return null;
                }

                children.Add(compiled);
            }

            node.Children = [.. children];
            return node;
        }

        private Node? Fault(string field, string detail)
        {
            Error ??= Error.Invalid(field, detail);
            return null;
        }

        private static string Quoted(string name)
        {
            var text = new StringBuilder();
            MatcherText.Quote(text, name);
            return text.ToString();
        }
    }
}
