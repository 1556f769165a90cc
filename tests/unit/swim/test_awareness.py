from lictor_actors.swim.awareness import Awareness


def test_score_stays_between_zero_and_one_less_than_the_limit():
    awareness = Awareness(8)
    awareness.add(-1)
    assert awareness.score == 0
    awareness.add(20)
    assert awareness.score == 7


def test_interval_grows_with_the_score():
    awareness = Awareness(8)
    assert awareness.scale(10) == 10
    awareness.add(3)
    assert awareness.scale(10) == 40


def test_a_limit_of_one_turns_it_off():
    awareness = Awareness(1)
    awareness.add(5)
    assert awareness.scale(10) == 10
