using Tocsin.Hosting;

namespace Tocsin.Tests.Hosting;

/// <summary>Where the clock of a process starts when the wall clock was stepped while others were at work.</summary>
public sealed class SteadyClockTests
{
    private static readonly DateTimeOffset _now = VirtualClock.Start;
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    [Fact]
    public void The_first_start_takes_the_reference() => Assert.Equal(_now, SteadyClock.StartOf(_now, null));

    [Fact]
    public void A_node_that_joins_others_goes_on_from_them_although_the_reference_was_stepped_since() =>
        Assert.Equal(_now - _hour + TimeSpan.FromMilliseconds(3030), SteadyClock.StartOf(_now, new(_now - _hour, _now - TimeSpan.FromSeconds(3))));

    [Theory]
    [InlineData(3600)]
    [InlineData(5)]
    [InlineData(-5)]
    public void A_restart_on_the_same_machine_takes_no_step_of_the_wall_clock_for_time_that_passed(int step)
    {
        var machine = new VirtualClock();
        var before = new SteadyClock(machine, "boot-1").Note(machine.Now);
        machine.Advance(TimeSpan.FromSeconds(3));
        var now = new MachineMoment("boot-1", machine.GetElapsedTime(0));

        Assert.Equal(before.At + TimeSpan.FromMilliseconds(3000 + (30 * Math.Sign(step))), SteadyClock.StartOf(machine.Now + TimeSpan.FromSeconds(step), before, now));
    }

    [Fact]
    public void A_restart_leans_as_far_as_a_node_that_was_at_work_all_the_while()
    {
        var machine = new VirtualClock();
        var running = new SteadyClock(machine, "boot-1");
        var before = running.Note(machine.Now);
        var stepped = TimeSpan.FromSeconds(5);
        for (var i = 0; i < 36; i++)
        {
            running.Follow(machine.Now + stepped, TimeSpan.FromSeconds(5));
            machine.Advance(TimeSpan.FromSeconds(5));
        }

        var restarted = SteadyClock.StartOf(machine.Now + stepped, before, new MachineMoment("boot-1", machine.GetElapsedTime(0)));

        Assert.InRange(running.GetUtcNow() - machine.Now, TimeSpan.FromSeconds(1.7), TimeSpan.FromSeconds(1.9));
        Assert.InRange((restarted - running.GetUtcNow()).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(0.1));
    }

    [Fact]
    public void Another_machine_or_the_same_after_a_reboot_goes_by_the_reference()
    {
        var machine = new VirtualClock();
        var before = new SteadyClock(machine, "boot-1").Note(machine.Now);

        Assert.Equal(before.At + TimeSpan.FromSeconds(4), SteadyClock.StartOf(machine.Now + TimeSpan.FromSeconds(4), before, new MachineMoment("boot-2", TimeSpan.Zero)));
    }

    [Fact]
    public void What_another_machine_says_of_the_reference_may_be_a_little_ahead() =>
        Assert.Equal(_now - _hour, SteadyClock.StartOf(_now, new(_now - _hour, _now + TimeSpan.FromSeconds(0.4))));

    [Fact]
    public void After_a_quarter_of_an_hour_without_a_node_the_reference_is_taken_as_it_is() =>
        Assert.Equal(_now, SteadyClock.StartOf(_now, new(_now - _hour, _now - TimeSpan.FromMinutes(16))));

    [Fact]
    public void A_clock_that_was_never_right_is_not_gone_on_from() =>
        Assert.Equal(_now, SteadyClock.StartOf(_now, new(_now - (24 * _hour), _now - TimeSpan.FromSeconds(3))));

    [Fact]
    public void It_leans_towards_its_reference_and_never_past_it_however_late_it_is_asked_again()
    {
        var machine = new VirtualClock();
        var clock = new SteadyClock(machine);

        clock.Follow(machine.Now.AddSeconds(0.03), TimeSpan.FromSeconds(5));
        machine.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(machine.Now.AddSeconds(0.03), clock.GetUtcNow());

        clock.Follow(machine.Now + _hour, TimeSpan.FromSeconds(5));
        machine.Advance(TimeSpan.FromMinutes(5));
        Assert.InRange(clock.GetUtcNow() - machine.Now, TimeSpan.FromSeconds(2.9), TimeSpan.FromSeconds(3.1));
    }

    [Fact]
    public void A_reference_that_was_set_back_while_all_were_down_puts_off_nothing() =>
        Assert.Equal(_now + _hour, SteadyClock.StartOf(_now, new(_now + _hour, _now + _hour)));
}
