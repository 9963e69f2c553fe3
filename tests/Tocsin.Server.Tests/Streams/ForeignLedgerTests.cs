using Tocsin.Streams.Backplanes;

namespace Tocsin.Tests.Streams;

/// <summary>Nodes that share a log and hear the same messages: however they take turns and fail, the log gets each message once.</summary>
public sealed class ForeignLedgerTests
{
    private readonly List<(string Node, string Key)> _log = [];

    [Fact]
    public void The_node_that_is_second_adds_nothing()
    {
        var (a, b) = (new Node("a", _log), new Node("b", _log));

        a.Hear("disk");
        b.Hear("disk");

        Assert.Equal(["a disk"], Log());
    }

    [Fact]
    public void Equal_messages_are_logged_as_often_as_they_were_published()
    {
        var (a, b) = (new Node("a", _log), new Node("b", _log));

        a.Hear("disk");
        a.Hear("disk");
        b.Hear("disk", "disk", "disk");
        a.Hear("disk");

        Assert.Equal(["a disk", "a disk", "b disk"], Log());
    }

    [Fact]
    public void A_commit_whose_answer_was_lost_is_not_repeated()
    {
        var node = new Node("a", _log);

        node.HearAndLoseTheAnswer("disk");
        node.Hear("disk");

        Assert.Equal(["a disk"], Log());
    }

    [Fact]
    public void What_another_node_wrote_and_then_died_is_not_written_again_by_one_that_stood_still()
    {
        var (a, frozen) = (new Node("a", _log), new Node("frozen", _log));
        foreach (var i in Enumerable.Range(0, 50))
        {
            a.Hear($"alert {i}");
            a.ReachFloor();
        }

        frozen.Hear([.. Enumerable.Range(0, 50).Select(i => $"alert {i}")]);

        Assert.Equal(50, _log.Count);
    }

    [Fact]
    public void A_line_whose_message_this_node_missed_does_not_swallow_the_next_equal_one_for_ever()
    {
        var (a, b) = (new Node("a", _log), new Node("b", _log));
        a.Hear("disk");
        b.ReachFloor();

        b.Hear("disk");

        Assert.Equal(["a disk", "b disk"], Log());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void In_any_order_of_turns_each_message_becomes_one_line(int seed)
    {
        var random = new Random(seed);
        string[] published = [.. Enumerable.Range(0, 400).Select(_ => $"alert {random.Next(12)}")];
        var nodes = Enumerable.Range(0, 4).Select(i => (Node: new Node($"n{i}", _log), Heard: 0)).ToArray();
        while (nodes.Any(n => n.Heard < published.Length))
        {
            var turn = random.Next(nodes.Length);
            var (node, heard) = nodes[turn];
            string[] batch = [.. published.Skip(heard).Take(random.Next(1, 9))];
            switch (random.Next(10))
            {
                case 0:
                    node.HearAndFail(batch);
                    break;
                case 1:
                    node.HearAndLoseTheAnswer(batch);
                    break;
                default:
                    node.Hear(batch);
                    nodes[turn].Heard += batch.Length;
                    break;
            }

            // The floor of a node is where the log stood when all that it had heard by now was yet to be heard by nobody.
            if (nodes.Min(n => n.Heard) == nodes.Max(n => n.Heard))
            {
                Array.ForEach(nodes, n => n.Node.ReachFloor());
            }
        }

        Assert.Equal(published.Order(StringComparer.Ordinal), _log.Select(l => l.Key).Order(StringComparer.Ordinal));
    }

    private string[] Log() => [.. _log.Select(l => $"{l.Node} {l.Key}")];

    private sealed class Node(string name, List<(string Node, string Key)> log)
    {
        private readonly ForeignLedger _ledger = new();

        public void Hear(params string[] messages) => Turn(messages, commit: true, answer: true);

        /// <summary>The transaction is rolled back.</summary>
        public void HearAndFail(params string[] messages) => Turn(messages, commit: false, answer: false);

        /// <summary>It is committed, but the node does not learn of it and will try again.</summary>
        public void HearAndLoseTheAnswer(params string[] messages) => Turn(messages, commit: true, answer: false);

        public void ReachFloor()
        {
            Turn([], commit: true, answer: true);
            _ledger.MoveFloor(log.Count);
        }

        private void Turn(string[] messages, bool commit, bool answer)
        {
            List<ForeignAlert> heard = [.. messages.Select(m => new ForeignAlert("g", m, new([], m), default))];
            for (var line = (int)_ledger.ReadFrom("g") + 1; line <= log.Count; line++)
            {
                _ledger.Saw("g", line, log[line - 1].Key);
            }

            var missing = _ledger.Missing(heard);
            if (commit)
            {
                log.AddRange(missing.Select(m => (name, m.Key)));
            }

            if (answer)
            {
                _ledger.Settle(heard, missing);
            }
        }
    }
}
