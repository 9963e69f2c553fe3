using System.Text;
using Tocsin.Streams;

namespace Tocsin.Tests.Streams;

/// <summary>The window that subscribers share.</summary>
public sealed class TopicTests
{
    [Fact]
    public void A_reader_that_joins_after_any_event_gets_exactly_what_came_later()
    {
        var topic = Make(after: 100);
        Add(topic, 101, 150);
        for (var after = 100; after <= 150; after++)
        {
            Assert.True(topic.TryJoin(after, out var cursor));
            Assert.Equal(Enumerable.Range(after + 1, 150 - after), Read(topic, ref cursor));
            Assert.Equal(150, cursor.Seq);
        }
    }

    [Fact]
    public void A_reader_that_is_ahead_of_the_topic_is_not_given_again_what_it_has()
    {
        var topic = Make(after: 100);
        Add(topic, 101, 105);
        Assert.True(topic.TryJoin(110, out var cursor));
        Assert.Empty(Read(topic, ref cursor));
        Add(topic, 106, 108);
        Assert.Empty(Read(topic, ref cursor));
        Add(topic, 109, 112);
        Assert.Equal([111, 112], Read(topic, ref cursor));
    }

    [Fact]
    public void The_window_is_bounded_and_who_falls_out_of_it_is_sent_to_the_log()
    {
        var topic = Make(after: 0);
        Assert.True(topic.TryJoin(0, out var slow));
        Add(topic, 1, 5000);
        Assert.Equal(Look.Behind, topic.TryRead(ref slow, out _, out _));
        Assert.Equal(0, slow.Seq);
        Assert.False(topic.TryJoin(0, out _));

        Assert.InRange(topic.Oldest, 1, 4999);
        Assert.True(topic.TryJoin(topic.Oldest, out var cursor));
        Assert.Equal(Enumerable.Range((int)topic.Oldest + 1, 5000 - (int)topic.Oldest), Read(topic, ref cursor));
        Assert.InRange(5000 - topic.Oldest, 1, 64 * 1024 / Frame(1).Length);
    }

    [Fact]
    public void A_reader_whom_the_topic_caught_up_with_and_left_behind_is_sent_to_the_log()
    {
        var topic = Make(after: 100);
        Assert.True(topic.TryJoin(110, out var cursor));
        Add(topic, 101, 5000);

        Assert.Equal(Look.Behind, topic.TryRead(ref cursor, out _, out _));
        Assert.Equal(110, cursor.Seq);
    }

    [Fact]
    public void A_reader_waits_until_something_is_published_and_goes_when_the_topic_ends()
    {
        var topic = Make(after: 0);
        Assert.True(topic.TryJoin(0, out var cursor));
        Assert.Equal(Look.Nothing, topic.TryRead(ref cursor, out _, out var changed));
        Assert.False(topic.Publish(7));
        Assert.False(changed.IsCompleted);
        Assert.Equal(Look.Nothing, topic.TryRead(ref cursor, out _, out changed));
        Assert.Equal(7, cursor.Seq);

        topic.Add(8, Frame(8));
        Assert.True(topic.Publish(9));
        Assert.True(changed.IsCompleted);
        topic.End();
        Assert.Equal([8], Read(topic, ref cursor));
        Assert.Equal(Look.Ended, topic.TryRead(ref cursor, out _, out _));
    }

    [Fact]
    public void A_heartbeat_carries_how_far_the_stream_is()
    {
        var topic = Make(after: 0);
        Assert.True(topic.TryJoin(0, out var cursor));
        topic.Publish(41);
        topic.AddHeartbeat();
        topic.Publish(41);
        Assert.Equal(Look.News, topic.TryRead(ref cursor, out var bytes, out _));
        Assert.Equal("id: 41\nevent: heartbeat\ndata: null\n\n", Encoding.UTF8.GetString(bytes.Span));
    }

    private static Topic Make(long after) =>
        new(CompiledFilter.Of(StreamFilter.Everything, StreamForm.Events).Value!, StreamForm.Events, after, windowBytes: 64 * 1024);

    private static void Add(Topic topic, int first, int last)
    {
        for (var seq = first; seq <= last; seq++)
        {
            topic.Add(seq, Frame(seq));
        }

        topic.Publish(last);
    }

    private static byte[] Frame(int seq) => Encoding.UTF8.GetBytes($"id: {seq}\ndata: {new string('x', 60)}\n\n");

    private static List<int> Read(Topic topic, ref TopicCursor cursor)
    {
        var text = new StringBuilder();
        while (topic.TryRead(ref cursor, out var bytes, out _) == Look.News)
        {
            text.Append(Encoding.UTF8.GetString(bytes.Span));
        }

        return [.. text.ToString().Split('\n').Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).Select(line => int.Parse(line[4..]))];
    }
}
